//! A multipart body that is read from the files as it is sent.

use super::Local;
use crate::id;
use std::fs::File;
use std::io::{self, Cursor, Read};

/// The body of one request.
pub struct Form<'a> {
    boundary: String,
    parts: std::vec::IntoIter<Part>,
    current: Option<Part>,
    sent: u64,
    progress: &'a mut dyn FnMut(u64),
}

enum Part {
    Text(Cursor<Vec<u8>>),
    /// Opened when its turn comes.
    File(std::path::PathBuf),
    Open(File),
}

impl<'a> Form<'a> {
    /// Of these fields and files. `progress` gets the files' bytes sent so far.
    pub fn new(fields: &[(&str, Option<&str>)], files: &[Local], progress: &'a mut dyn FnMut(u64)) -> Form<'a> {
        let boundary = format!("headwater-{}", id::random());
        let text = |text: String| Part::Text(Cursor::new(text.into_bytes()));
        let mut parts = Vec::new();
        for (name, value) in fields {
            if let Some(value) = value {
                parts.push(text(format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")));
            }
        }
        for file in files {
            // As browsers write what would end the name.
            let name = file.path.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A");
            let head = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{name}\"\r\n");
            parts.push(text(head + "Content-Type: application/octet-stream\r\n\r\n"));
            parts.push(Part::File(file.disk.clone()));
            parts.push(text("\r\n".to_owned()));
        }
        parts.push(text(format!("--{boundary}--\r\n")));
        Form { boundary, parts: parts.into_iter(), current: None, sent: 0, progress }
    }

    /// The header that says what the body is.
    pub fn content_type(&self) -> String {
        format!("multipart/form-data; boundary={}", self.boundary)
    }
}

impl Read for Form<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = match &mut self.current {
                None => 0,
                Some(Part::Text(text)) => text.read(buffer)?,
                Some(Part::File(path)) => {
                    let said = |e: io::Error| io::Error::new(e.kind(), format!("{}: {e}", path.display()));
                    self.current = Some(Part::Open(File::open(&*path).map_err(said)?));
                    continue;
                }
                Some(Part::Open(file)) => {
                    let read = file.read(buffer)?;
                    self.sent += read as u64;
                    (self.progress)(self.sent);
                    read
                }
            };
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            match self.parts.next() {
                Some(part) => self.current = Some(part),
                None => return Ok(0),
            }
        }
    }
}
