//! Test only: the IDL says what the source says.
use crate::{errors, instructions::*, state};
use svmkit::{discriminator, Discriminator};

/// The IDL without any white space.
fn idl() -> String {
    let folder = std::env::var("HYPERNODE_IDL").expect("HYPERNODE_IDL names programs/idl");
    squeeze(&std::fs::read_to_string(format!("{folder}/facilitator.json")).unwrap())
}

fn squeeze(text: &str) -> String {
    text.split_whitespace().collect()
}

fn bytes(discriminator: Discriminator) -> String {
    squeeze(&format!("{discriminator:?}"))
}

#[test]
fn every_error_has_its_number_and_text() {
    let idl = idl();
    for (name, code, text) in errors::TABLE {
        let entry = squeeze(&format!(r#"{{ "code": {code}, "name": "{name}", "msg": "{text}" }}"#));
        assert!(idl.contains(&entry), "{name}");
    }
    assert_eq!(idl.matches(r#""msg":"#).count(), errors::TABLE.len());
}

#[test]
fn errors_are_numbered_from_6000_without_gaps() {
    for (i, (name, code, _)) in errors::TABLE.iter().enumerate() {
        assert_eq!(*code, 6000 + i as u64, "{name}");
    }
}

#[test]
fn every_instruction_has_its_discriminator() {
    let idl = idl();
    let instructions = [
        ("initialize", initialize::DISCRIMINATOR),
        ("authorize_intent", authorize_intent::DISCRIMINATOR),
        ("authorize_payment", authorize_payment::DISCRIMINATOR),
        ("assign_node", assign_node::DISCRIMINATOR),
        ("submit_usage_proof", submit_usage_proof::DISCRIMINATOR),
        ("refund_failed", refund_failed::DISCRIMINATOR),
        ("cancel", cancel::DISCRIMINATOR),
        ("refund_expired", refund_expired::DISCRIMINATOR),
        ("render_intent", render_intent::DISCRIMINATOR),
    ];
    for (name, discriminator) in instructions {
        let start = idl.find(&format!(r#"{{"name":"{name}","docs":"#)).unwrap_or_else(|| panic!("{name} is missing"));
        let found = idl[start..].split(r#""discriminator":"#).nth(1).unwrap();
        assert!(found.starts_with(&bytes(discriminator)), "{name}");
    }
    assert_eq!(idl.matches(r#""args":"#).count(), instructions.len());
}

#[test]
fn every_account_and_event_has_its_discriminator() {
    let idl = idl();
    let accounts = [
        ("Config", state::Config::DISCRIMINATOR),
        ("PaymentIntent", state::PaymentIntent::DISCRIMINATOR),
    ];
    let events = ["PaymentAuthorized", "NodeAssigned", "PaymentCompleted", "PaymentRefunded"]
        .map(|name| (name, discriminator(&format!("event:{name}"))));
    for (name, discriminator) in accounts.into_iter().chain(events) {
        let entry = format!(r#"{{"name":"{name}","discriminator":{}}}"#, bytes(discriminator));
        assert!(idl.contains(&entry), "{name}");
    }
}
