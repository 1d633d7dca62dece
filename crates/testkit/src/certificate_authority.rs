//! A certificate authority for one test, using the `openssl` program.

use std::{fs, path::PathBuf, process::Command};

use crate::{build_directory, skip};

/// Issues certificates. Its files are in a directory that no other test uses.
#[derive(Debug)]
pub struct CertificateAuthority {
    folder: PathBuf,
}

/// Configuration of the certificates.
const CONTENT: &str = "
[req]
prompt = no
distinguished_name = name
[name]
CN = a test
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = keyCertSign
[localhost]
basicConstraints = CA:FALSE
subjectAltName = IP:127.0.0.1, DNS:localhost
[elsewhere]
basicConstraints = CA:FALSE
subjectAltName = DNS:redis.example
";

impl CertificateAuthority {
    /// Creates the authority and its certificate. `None` if openssl is not installed.
    pub fn new(name: &str) -> Option<Self> {
        let folder = build_directory::temporary().join(format!("authority-{name}"));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("content"), CONTENT).unwrap();
        let authority = Self { folder };
        authority.make("ca", &[]).then_some(authority)
    }

    /// Returns the path of the CA certificate.
    pub fn certificate(&self) -> String {
        self.path("ca.pem")
    }

    /// Issues a certificate and returns the paths of the certificate and its key. `content` is
    /// `localhost`, or `elsewhere` for a certificate of another host.
    pub fn issue(&self, content: &str) -> (String, String) {
        let signed = ["-CA", "ca.pem", "-CAkey", "ca.key"];
        assert!(self.make(content, &signed));
        let [certificate, key] = ["pem", "key"].map(|end| format!("{content}.{end}"));
        (self.path(&certificate), self.path(&key))
    }

    fn make(&self, content: &str, more: &[&str]) -> bool {
        let [certificate, key] = ["pem", "key"].map(|end| format!("{content}.{end}"));
        let output = Command::new("openssl")
            .args(["req", "-x509", "-config", "content", "-extensions", content])
            .args(["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"])
            .args([
                "-nodes",
                "-days",
                "2",
                "-keyout",
                &key,
                "-out",
                &certificate,
            ])
            .args(["-subj", &format!("/CN={content}")])
            .args(more)
            .current_dir(&self.folder)
            .output();
        match output {
            Ok(output) => {
                let errors = String::from_utf8_lossy(&output.stderr);
                assert!(output.status.success(), "{errors}");
                true
            }
            Err(error) => {
                skip(&format!("openssl: {error}"));
                false
            }
        }
    }

    fn path(&self, file: &str) -> String {
        self.folder.join(file).display().to_string()
    }
}
