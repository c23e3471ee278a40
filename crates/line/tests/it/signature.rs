//! Who sent a webhook.

use line::ChannelSecrets;
use line::signature::SecretError;

/// <https://developers.line.biz/en/docs/messaging-api/verify-webhook-signature/>
const SECRET: &str = "8c570fa6dd201bb328f1c1eac23a96d8";
const BODY: &[u8] = br#"{"destination":"U8e742f61d673b39c7fff3cecb7536ef0","events":[]}"#;
const SIGNATURE: &[u8] = b"GhRKmvmHys4Pi8DxkF4+EayaH0OqtJtaZxgTD9fMDLs=";

fn secrets(secrets: &[&str]) -> ChannelSecrets {
    let secrets: Vec<_> = secrets.iter().map(|&secret| secret.into()).collect();
    ChannelSecrets::new(&secrets).unwrap()
}

#[test]
fn the_signature_line_publishes_is_good() {
    assert!(secrets(&[SECRET]).verify(BODY, SIGNATURE));
    assert_eq!(secrets(&[SECRET]).sign(BODY).as_bytes(), SIGNATURE);
}

#[test]
fn one_changed_bit_anywhere_makes_it_bad() {
    let secrets = secrets(&[SECRET]);
    for position in 0..BODY.len() {
        let mut body = BODY.to_vec();
        body[position] ^= 1;
        assert!(!secrets.verify(&body, SIGNATURE));
    }
    for position in 0..SIGNATURE.len() {
        let mut signature = SIGNATURE.to_vec();
        signature[position] ^= 1;
        assert!(!secrets.verify(BODY, &signature));
    }
}

#[test]
fn a_body_written_anew_is_bad_though_it_means_the_same() {
    let value: serde_json::Value = serde_json::from_slice(BODY).unwrap();
    let pretty = serde_json::to_vec_pretty(&value).unwrap();
    assert!(!secrets(&[SECRET]).verify(&pretty, SIGNATURE));
}

#[test]
fn headers_that_are_no_signature_are_bad() {
    let secrets = secrets(&[SECRET]);
    let long = [SIGNATURE, SIGNATURE].concat();
    let unpadded = &SIGNATURE[..43];
    let spaced = [b" ", SIGNATURE].concat();
    let short = b"AAAA".as_slice();
    for header in [
        b"".as_slice(),
        b"=",
        b"\xff\xfe",
        &long,
        unpadded,
        &spaced,
        short,
    ] {
        assert!(!secrets.verify(BODY, header));
    }
}

#[test]
fn while_the_secret_is_changed_both_are_good() {
    let both = secrets(&["the new secret", SECRET]);
    assert!(both.verify(BODY, SIGNATURE));
    assert!(both.verify(BODY, secrets(&["the new secret"]).sign(BODY).as_bytes()));
    assert!(!both.verify(BODY, secrets(&["another secret"]).sign(BODY).as_bytes()));
}

#[test]
fn without_a_secret_there_is_nothing_to_verify_with() {
    assert_eq!(ChannelSecrets::new([]).unwrap_err(), SecretError::None);
    assert_eq!(
        ChannelSecrets::new([&"".into()]).unwrap_err(),
        SecretError::Empty
    );
    assert_eq!(
        ChannelSecrets::new([&SECRET.into(), &"".into()]).unwrap_err(),
        SecretError::Empty
    );
}

#[test]
fn secrets_are_never_printed() {
    assert_eq!(
        format!("{:?}", secrets(&[SECRET])),
        "ChannelSecrets(1 redacted)"
    );
}
