//! One parser for each shape a setting can have. Each mistake is one line: name, what it was, what it may be.

use super::{BadSetting, HTTP_SCHEMES, OllamaHost, SETTINGS};
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Longest token or key: fits in a header beside everything else.
const MAX_SECRET_LEN: usize = 4096;
/// Longest model name: names go into requests, answers and logs.
const MAX_MODEL_LEN: usize = 255;

/// An address block: `10.0.0.0/8`, `::1`, …
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    /// An address of the block.
    pub base: IpAddr,
    /// Bits that must agree.
    pub prefix: u8,
}

impl Network {
    /// The two blocks that a machine talks to itself in.
    pub const LOOPBACK: [Network; 2] =
        [Network { base: IpAddr::V4(Ipv4Addr::LOCALHOST), prefix: 8 }, Network { base: IpAddr::V6(Ipv6Addr::LOCALHOST), prefix: 128 }];

    /// `a.b.c.d`, `a.b.c.d/n` and the same for IPv6; `None` for anything else.
    pub fn parse(text: &str) -> Option<Network> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix.parse::<u8>().ok()?)),
            None => (text, None),
        };
        let base: IpAddr = address.parse().ok()?;
        let bits = if base.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.unwrap_or(bits);
        (prefix <= bits).then_some(Network { base, prefix })
    }

    /// Whether `address` (IPv4-mapped IPv6 counts as IPv4) lies in the block.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.base, address.to_canonical()) {
            (IpAddr::V4(base), IpAddr::V4(a)) => {
                let host_bits = 32 - u32::from(self.prefix);
                (base.to_bits() ^ a.to_bits()).checked_shr(host_bits).unwrap_or(0) == 0
            }
            (IpAddr::V6(base), IpAddr::V6(a)) => {
                let host_bits = 128 - u32::from(self.prefix);
                (base.to_bits() ^ a.to_bits()).checked_shr(host_bits).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

/// Reads settings by name through a lookup; blanks count as unset, defaults come from [`SETTINGS`].
pub(super) struct Reader<'a> {
    get: &'a dyn Fn(&str) -> Option<String>,
    /// The settings that were given, as they were written.
    pub(super) given: RefCell<BTreeMap<&'static str, String>>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(get: &'a dyn Fn(&str) -> Option<String>) -> Reader<'a> {
        Reader { get, given: RefCell::default() }
    }

    fn given(&self, name: &str) -> Option<String> {
        let value = (self.get)(name).map(|v| v.trim().to_string()).filter(|v| !v.is_empty())?;
        self.note(name, &value);
        Some(value)
    }

    /// Notes what a setting was given, wherever it came from.
    fn note(&self, name: &str, value: &str) {
        if let Some(setting) = SETTINGS.iter().find(|s| s.name == name) {
            self.given.borrow_mut().insert(setting.name, value.to_string());
        }
    }

    /// The value given, or the table's default.
    fn value(&self, name: &str) -> String {
        self.given(name).unwrap_or_else(|| SETTINGS.iter().find(|s| s.name == name).map_or("", |s| s.default).to_string())
    }

    /// The items of a comma list, given or by default; none when the default is `unset`.
    fn list(&self, name: &str) -> Vec<String> {
        let value = self.value(name);
        if value == "unset" {
            return Vec::new();
        }
        value.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_string).collect()
    }

    pub(super) fn integer<T: TryFrom<u64>>(&self, name: &str, min: u64, max: u64) -> Result<T, BadSetting> {
        let value = self.value(name);
        let number = value.parse::<u64>().ok().filter(|n| (min..=max).contains(n));
        number.and_then(|n| T::try_from(n).ok()).ok_or_else(|| bad(name, &value, &format!("a whole number from {min} to {max}")))
    }

    pub(super) fn seconds(&self, name: &str, min: u64, max: u64) -> Result<Duration, BadSetting> {
        self.integer(name, min, max).map(Duration::from_secs)
    }

    pub(super) fn boolean(&self, name: &str) -> Result<bool, BadSetting> {
        let value = self.value(name);
        match value.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => Ok(true),
            "false" | "no" | "off" | "0" => Ok(false),
            _ => Err(bad(name, &value, "true or false")),
        }
    }

    pub(super) fn choice(&self, name: &str, choices: &[&'static str]) -> Result<&'static str, BadSetting> {
        let value = self.value(name);
        choices.iter().find(|c| value.eq_ignore_ascii_case(c)).copied().ok_or_else(|| bad(name, &value, &choices.join(" or ")))
    }

    pub(super) fn level(&self, name: &str) -> Result<log::LevelFilter, BadSetting> {
        let value = self.value(name);
        if value.eq_ignore_ascii_case("warning") {
            return Ok(log::LevelFilter::Warn);
        }
        value.parse().map_err(|_| bad(name, &value, "off, error, warn, info, debug or trace"))
    }

    pub(super) fn host(&self, name: &str) -> Result<IpAddr, BadSetting> {
        let value = self.value(name);
        if value.eq_ignore_ascii_case("localhost") {
            return Ok(IpAddr::V4(Ipv4Addr::LOCALHOST));
        }
        let bare = value.strip_prefix('[').and_then(|v| v.strip_suffix(']')).unwrap_or(&value);
        bare.parse().map_err(|_| bad(name, &value, "an IP address of this machine (127.0.0.1, 0.0.0.0, ::) or localhost"))
    }

    /// A folder: the setting, else the first that systemd names, else the default.
    pub(super) fn directory(&self, name: &str, systemd: &str) -> PathBuf {
        let passed = || {
            let path = self.given(systemd)?.split(':').map(str::trim).find(|p| !p.is_empty())?.to_string();
            self.note(name, &path);
            Some(path)
        };
        self.given(name).or_else(passed).unwrap_or_else(|| self.value(name)).into()
    }

    /// As [`Reader::directory`], for what the server cannot do without: nothing else may be in its place.
    pub(super) fn folder_to_be(&self, name: &str, systemd: &str) -> Result<PathBuf, BadSetting> {
        let path = self.directory(name, systemd);
        let taken = |path: &Path| path.exists() && !path.is_dir();
        if path.ancestors().any(taken) {
            Err(bad(name, &path.to_string_lossy(), "a folder, or the name of one that can be made"))
        } else {
            Ok(path)
        }
    }

    pub(super) fn existing_folder(&self, name: &str) -> Result<Option<PathBuf>, BadSetting> {
        let Some(value) = self.given(name) else { return Ok(None) };
        match std::fs::canonicalize(&value) {
            Ok(path) if path.is_dir() => Ok(Some(path)),
            _ => Err(bad(name, &value, "a folder that exists and can be read")),
        }
    }

    /// A token or key: the setting, else the systemd credential of the same name in either case. Never shown.
    pub(super) fn secret(&self, name: &str) -> Result<Option<String>, BadSetting> {
        let refuse = |what: &str| BadSetting(format!("{name} (not shown) {what}"));
        let value = match self.given(name) {
            Some(value) => value,
            None => {
                let Some(dir) = self.existing_folder("CREDENTIALS_DIRECTORY")? else { return Ok(None) };
                let files = [name.to_ascii_lowercase(), name.to_string()].map(|file| dir.join(file));
                let Some(file) = files.into_iter().find(|f| f.exists()) else {
                    // A slip must not open the server.
                    return match alike(&dir, name) {
                        Some(other) => Err(refuse(&format!("is read from a credential {}, not '{other}'", name.to_ascii_lowercase()))),
                        None => Ok(None),
                    };
                };
                let text = std::fs::read_to_string(&file).map_err(|e| refuse(&format!("cannot be read from {}: {e}", file.display())))?;
                text.trim().to_string()
            }
        };
        match value.len() {
            0 => Err(refuse("is an empty credential: put the token in the file, or take the file away")),
            1..=MAX_SECRET_LEN if value.bytes().all(|b| b.is_ascii_graphic()) => {
                self.note(name, &value);
                Ok(Some(value))
            }
            _ => Err(refuse(&format!("must be 1 to {MAX_SECRET_LEN} visible ASCII characters without spaces"))),
        }
    }

    pub(super) fn origins(&self, name: &str) -> Result<Vec<String>, BadSetting> {
        let check = |origin: String| {
            let bare = origin.strip_suffix('/').unwrap_or(&origin);
            let good = bare == "*" || bare == "null" || split_url(bare).is_some_and(|(_, rest)| is_authority(rest));
            if good { Ok(bare.to_string()) } else { Err(bad(name, &origin, "a comma list of origins like http://host:port, or *")) }
        };
        self.list(name).into_iter().map(check).collect()
    }

    pub(super) fn hosts(&self, name: &str) -> Result<Option<Vec<String>>, BadSetting> {
        let check = |host: String| {
            if host == "*" || is_authority(&host) {
                Ok(host.to_ascii_lowercase())
            } else {
                Err(bad(name, &host, "a comma list of host names, each with or without a port, or *"))
            }
        };
        let hosts = self.list(name).into_iter().map(check).collect::<Result<Vec<_>, _>>()?;
        Ok((!hosts.is_empty()).then_some(hosts))
    }

    pub(super) fn networks(&self, name: &str) -> Result<Vec<Network>, BadSetting> {
        let mut networks = Vec::new();
        for item in self.list(name) {
            match item.to_ascii_lowercase().as_str() {
                "loopback" => networks.extend(Network::LOOPBACK),
                "none" => {}
                other => networks
                    .push(Network::parse(other).ok_or_else(|| {
                        bad(name, &item, "a comma list of addresses or networks like 10.0.0.0/8, ::1, loopback, or none")
                    })?),
            }
        }
        Ok(networks)
    }

    pub(super) fn extensions(&self, name: &str) -> Result<Vec<String>, BadSetting> {
        let refused = |value: &str| bad(name, value, &format!("a comma list of extensions like .sql,.py: {EXTENSION_RULE}"));
        let check = |item: String| extension(&item).ok_or_else(|| refused(&item));
        let extensions = self.list(name).into_iter().map(check).collect::<Result<Vec<_>, _>>()?;
        // Commas alone name none, and no file would be taken.
        if extensions.is_empty() { Err(refused(&self.value(name))) } else { Ok(extensions) }
    }

    pub(super) fn model(&self, name: &str) -> Result<String, BadSetting> {
        let value = self.value(name);
        if value.chars().count() <= MAX_MODEL_LEN && !value.chars().any(char::is_control) {
            Ok(value)
        } else {
            Err(bad(name, &value, &format!("a model's name of at most {MAX_MODEL_LEN} printable characters")))
        }
    }

    pub(super) fn url(&self, name: &str, schemes: &[&str]) -> Result<Option<String>, BadSetting> {
        let Some(value) = self.given(name) else { return Ok(None) };
        url(&value, schemes).map(Some).ok_or_else(|| {
            let forms: Vec<String> = schemes.iter().map(|s| format!("{s}://host[:port][/path]")).collect();
            bad(name, &value, &forms.join(" or "))
        })
    }

    pub(super) fn ollama(&self, name: &str) -> Result<OllamaHost, BadSetting> {
        let Some(value) = self.given(name) else { return Ok(OllamaHost::Probe) };
        if value.eq_ignore_ascii_case("off") {
            return Ok(OllamaHost::Off);
        }
        let full = match split_url(&value) {
            Some(_) => value.clone(),
            // As Ollama's own tools read it: a bare host means http on its usual port.
            None if has_port(&value) => format!("http://{value}"),
            None => format!("http://{value}:11434"),
        };
        url(&full, HTTP_SCHEMES).map(OllamaHost::At).ok_or_else(|| bad(name, &value, "a URL like http://host:11434, host[:port], or off"))
    }

    pub(super) fn base_path(&self, name: &str) -> Result<String, BadSetting> {
        let value = self.value(name);
        let trimmed = value.strip_suffix('/').unwrap_or(&value);
        let segment = |s: &str| {
            !s.is_empty() && s != "." && s != ".." && s.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~'))
        };
        let good = trimmed.is_empty() || trimmed.strip_prefix('/').is_some_and(|rest| rest.split('/').all(segment));
        if good { Ok(trimmed.to_string()) } else { Err(bad(name, &value, "/ or a path like /lineage")) }
    }
}

/// Longest extension without its dot: the longest in use have nine.
pub const EXTENSION_MAX: usize = 16;
/// What an extension may be, for people.
pub const EXTENSION_RULE: &str = "1 to 16 letters, digits, _ and -, as in .sql";

/// An extension of files as it is kept, in lower case with its dot, from `text` in any case and with or without one.
pub fn extension(text: &str) -> Option<String> {
    let bare = text.strip_prefix('.').unwrap_or(text);
    let good = (1..=EXTENSION_MAX).contains(&bare.len()) && bare.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    good.then(|| format!(".{}", bare.to_ascii_lowercase()))
}

fn bad(name: &str, value: &str, may_be: &str) -> BadSetting {
    // Control characters are escaped and the value is cut, so that it stays one readable line.
    let shown: String = without_password(value).chars().take(200).collect();
    BadSetting(format!("{name} is '{}' but must be {may_be}", shown.escape_debug()))
}

/// `text` with dots in place of what stands before the `@` of a URL: names and passwords are not for logs.
fn without_password(text: &str) -> Cow<'_, str> {
    let after = text.find("://").map_or(0, |at| at + 3);
    match text.rfind('@').filter(|at| *at >= after) {
        Some(at) => format!("{}…{}", &text[..after], &text[at..]).into(),
        None => text.into(),
    }
}

fn split_url(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once("://")?;
    let good = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
    good.then_some((scheme, rest))
}

/// `text` without trailing slash, when it is a URL of one of `schemes` with a host.
fn url(text: &str, schemes: &[&str]) -> Option<String> {
    let (scheme, rest) = split_url(text)?;
    let authority = rest.split('/').next().unwrap_or("");
    let plain = text.bytes().all(|b| b.is_ascii_graphic()) && !rest.contains(['?', '#', '@']);
    (schemes.iter().any(|s| s.eq_ignore_ascii_case(scheme)) && is_authority(authority) && plain)
        .then(|| text.trim_end_matches('/').to_string())
}

fn has_port(authority: &str) -> bool {
    authority.rsplit_once(':').is_some_and(|(host, port)| !host.ends_with(':') && !port.contains(']') && port.parse::<u16>().is_ok())
}

/// A host with or without a port; an IPv6 address in brackets.
fn is_authority(text: &str) -> bool {
    let host = match text.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => {
            if port.parse::<u16>().is_err() {
                return false;
            }
            host
        }
        _ => text,
    };
    match host.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']').is_some_and(|ip| ip.parse::<Ipv6Addr>().is_ok()),
        None => !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_')),
    }
}

/// The file of a folder whose name is nearly that of a setting: `api-token`, `API_TOKEN.txt`.
fn alike(dir: &Path, name: &str) -> Option<String> {
    let names = std::fs::read_dir(dir).ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let letters = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let mut alike =
        names.filter(|file| !file.eq_ignore_ascii_case(name) && letters(file.split('.').next().unwrap_or(file)) == letters(name));
    alike.next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_holds_exactly_the_addresses_that_share_its_prefix() {
        for (network, address, inside) in [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("10.1.2.3", "10.1.2.3", true),
            ("10.1.2.3", "10.1.2.4", false),
            ("0.0.0.0/0", "8.8.8.8", true),
            ("0.0.0.0/0", "::1", false),
            ("10.0.0.0/8", "::ffff:10.1.1.1", true),
            ("::/0", "fe80::1", true),
            ("2001:db8::/32", "2001:db8:1::1", true),
            ("2001:db8::/32", "2001:db9::1", false),
            ("192.168.1.77/24", "192.168.1.1", true),
            ("::1", "::1", true),
        ] {
            let parsed = Network::parse(network).unwrap();
            assert_eq!(parsed.contains(address.parse().unwrap()), inside, "{address} in {network}");
        }
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in ["", "10.0.0.0/33", "10.0.0/8", "::1/129", "10.0.0.0/", "10.0.0.0/-1", "host"] {
            assert_eq!(Network::parse(text), None, "{text}");
        }
    }
}
