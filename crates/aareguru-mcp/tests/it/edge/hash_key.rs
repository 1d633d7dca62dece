//! `hash-key`, and authentication with what it prints.

use std::process::{Output, Stdio};

use tokio::io::AsyncWriteExt;

use testkit::{ServerProcess, SseSession, get, program, with_key};

async fn hash_key(arguments: &[&str], input: &str) -> Output {
    let mut child = program()
        .arg("hash-key")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // The program may exit without reading its input.
    let _ = stdin.write_all(input.as_bytes()).await;
    drop(stdin);
    child.wait_with_output().await.unwrap()
}

async fn authenticates(entry: &str, key: &str) -> bool {
    let server = ServerProcess::start_with(&["serve", "--demo"], &[("API_KEYS", entry)]).await;
    let request = with_key(&get("/sse"), key);
    SseSession::try_open(server.address, request)
        .await
        .is_some()
}

#[tokio::test]
async fn hash_key_entry_authenticates_the_key_from_stdin() {
    let output = hash_key(&["--name", "alice"], "secret-of-alice\n").await;
    assert!(output.status.success());
    assert!(output.stderr.is_empty());
    let entry = String::from_utf8(output.stdout).unwrap();
    let hash = entry.strip_prefix("alice:sha256:").unwrap().trim_end();
    assert_eq!(hash.len(), 64);
    assert!(authenticates(entry.trim_end(), "secret-of-alice").await);
    assert!(!authenticates(entry.trim_end(), hash).await);
}

#[tokio::test]
async fn generated_key_is_printed_separately_from_its_entry() {
    let output = hash_key(&["--generate"], "").await;
    assert!(output.status.success());
    let entry = String::from_utf8(output.stdout).unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    let key = stderr.lines().last().unwrap();
    assert!(key.starts_with("aare_") && key.len() == 53, "{stderr}");
    assert!(!entry.contains(key));
    assert!(authenticates(entry.trim_end(), key).await);
    let other = hash_key(&["--generate"], "").await;
    assert_ne!(String::from_utf8(other.stdout).unwrap(), entry);
}

#[tokio::test]
async fn hash_key_rejects_invalid_keys_and_names() {
    for (arguments, input, says) in [
        (&[][..], "", "no key on standard input"),
        (&[], "two words\n", "visible ASCII"),
        (&[], "sécret\n", "visible ASCII"),
        (&["--name", "a b"], "secret\n", "the name must be"),
    ] {
        let output = hash_key(arguments, input).await;
        assert!(!output.status.success());
        assert!(output.stdout.is_empty());
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(errors.contains(says), "{errors}");
    }
}
