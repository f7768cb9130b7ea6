//! Packs the files that the binary serves: the dashboard page from `src/dashboard`, and Swagger UI from its crate, so that both work with
//! no internet. Each becomes a gzip file in OUT_DIR and a row in a generated table (`http/assets.rs` includes it). What the page needs before
//! its frame can be painted is written into it, and what it needs to run is named there, so that a browser asks for all of it at once, after
//! that.

use flate2::{Compression, Crc, write::GzEncoder};
use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;
use std::{env, fs};
use swagger_ui_redist::{SwaggerUi, SwaggerUiStaticFile};

fn main() {
    println!("cargo:rerun-if-changed=src/build.rs");
    println!("cargo:rerun-if-changed=src/dashboard");
    println!("cargo:rerun-if-changed=src/http/docs");
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    let mut docs = folder("src/http/docs");
    for (file, bytes) in SwaggerUi::static_files() {
        match file {
            SwaggerUiStaticFile::Css => docs.push(("swagger-ui.css".into(), bytes.to_vec())),
            SwaggerUiStaticFile::Js => docs.push(("swagger-ui-bundle.js".into(), bytes.to_vec())),
            SwaggerUiStaticFile::Favicon32 => docs.push(("favicon.png".into(), bytes.to_vec())),
            // The rest belongs to a layout with a top bar that has nothing to offer here.
            _ => {}
        }
    }
    let mut table = String::new();
    write_table(&mut table, Path::new(&out), "DASHBOARD", "The dashboard page's files.", &dashboard());
    write_table(&mut table, Path::new(&out), "DOCS", "Swagger UI's files.", &docs);
    fs::write(Path::new(&out).join("assets.rs"), table).expect("OUT_DIR is writable");
}

/// The dashboard's files: the frame's style within the page, the others in one, and with them a list of the modules that the first view runs
/// on.
fn dashboard() -> Vec<(String, Vec<u8>)> {
    let (styles, mut files): (Vec<_>, Vec<_>) = folder("src/dashboard").into_iter().partition(|(file, _)| file.ends_with(".css"));
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("sources are text");
    let (frame, rest): (Vec<_>, Vec<_>) = styles.into_iter().partition(|(file, _)| file == "frame.css");
    let (_, frame) = frame.first().expect("the frame has a style");
    files.push(("style.css".into(), rest.into_iter().flat_map(|(_, bytes)| bytes).collect()));
    let mut modules = vec!["main.js".to_owned()];
    for at in 0.. {
        let Some(module) = modules.get(at) else { break };
        let (_, bytes) = files.iter().find(|(file, _)| file == module).unwrap_or_else(|| panic!("{module} is imported and not there"));
        for import in text(bytes).lines().filter(|line| line.starts_with("import ") || line.starts_with("} from ")) {
            let imported = import.split("\"./").nth(1).and_then(|rest| rest.split('"').next()).expect("imports are of files beside");
            if !modules.iter().any(|module| module == imported) {
                modules.push(imported.into());
            }
        }
    }
    // The style comes first: nothing is shown without it.
    modules.insert(0, "style.css".into());
    let later: String = modules.iter().map(|file| format!("<link rel=\"later\" href=\"assets/{file}\">\n")).collect();
    let (_, icon) = files.iter().find(|(file, _)| file == "icon.svg").expect("the icon is there");
    // Within a page it needs no namespace.
    let icon = text(icon).replace(" xmlns=\"http://www.w3.org/2000/svg\"", "");
    let (_, page) = files.iter_mut().find(|(file, _)| file == "index.html").expect("the page is there");
    *page = text(page)
        .replace("<!-- icon -->", &icon)
        .replace("<!-- style -->", &format!("<style>{}</style>", text(frame)))
        .replace("<!-- later -->\n", &later)
        .replace("<!-- version -->", env!("CARGO_PKG_VERSION"))
        .into_bytes();
    files
}

/// The files of a folder, by name.
fn folder(path: &str) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let mut files: Vec<(String, Vec<u8>)> = entries
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|path| path.is_file())
        .map(|path| (path.file_name().expect("a file").to_string_lossy().into_owned(), fs::read(&path).expect("a readable file")))
        .collect();
    files.sort();
    files
}

fn write_table(table: &mut String, out: &Path, name: &str, doc: &str, files: &[(String, Vec<u8>)]) {
    writeln!(table, "/// {doc}\npub static {name}: [Asset; {}] = [", files.len()).expect("a String takes all");
    for (file, bytes) in files {
        let packed = format!("{name}-{file}.gz");
        let mut gzip = GzEncoder::new(fs::File::create(out.join(&packed)).expect("OUT_DIR is writable"), Compression::best());
        gzip.write_all(bytes).and_then(|()| gzip.finish()).expect("OUT_DIR is writable");
        let mut crc = Crc::new();
        crc.update(bytes);
        let tag = format!("\\\"{:08x}-{:x}\\\"", crc.sum(), bytes.len());
        let media = media_type(file);
        writeln!(
            table,
            "    Asset {{ name: {file:?}, media: {media:?}, etag: \"{tag}\", gzip: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{packed}\")), unpacked: OnceLock::new() }},"
        )
        .expect("a String takes all");
    }
    table.push_str("];\n");
}

fn media_type(file: &str) -> &'static str {
    match file.rsplit('.').next().unwrap_or("") {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "woff2" => "font/woff2",
        "json" => "application/json",
        _ => "application/octet-stream",
    }
}
