//! Tests that a program's IDL says what its source says.

/// Expands to those tests, in the program's own crate: `folder` is named by HYPERNODE_IDL. The lists are the program's
/// instructions (modules with a `DISCRIMINATOR`, in the IDL's order), its accounts' types and its events' names.
#[macro_export]
macro_rules! idl_tests {
    ($file:literal, instructions: [$($instruction:ident),*], accounts: [$($account:ident),*], events: [$($event:literal),*]) => {
        /// The IDL without any white space.
        fn idl() -> String {
            let folder = std::env::var("HYPERNODE_IDL").expect("HYPERNODE_IDL names programs/idl");
            squeeze(&std::fs::read_to_string(format!("{folder}/{}", $file)).unwrap())
        }

        fn squeeze(text: &str) -> String {
            text.split_whitespace().collect()
        }

        fn bytes(discriminator: $crate::Discriminator) -> String {
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
            let instructions = [$((stringify!($instruction), instructions::$instruction::DISCRIMINATOR)),*];
            for (name, discriminator) in instructions {
                assert_eq!(discriminator, $crate::discriminator(&format!("global:{name}")), "{name}");
                let start = idl.find(&format!(r#"{{"name":"{name}","docs":"#)).unwrap_or_else(|| panic!("{name} is missing"));
                let found = idl[start..].split(r#""discriminator":"#).nth(1).unwrap();
                assert!(found.starts_with(&bytes(discriminator)), "{name}");
            }
            assert_eq!(idl.matches(r#""args":"#).count(), instructions.len());
        }

        #[test]
        fn every_account_and_event_has_its_discriminator() {
            let idl = idl();
            let accounts = [$((stringify!($account), state::$account::DISCRIMINATOR)),*];
            let events = [$($event),*].map(|name| (name, $crate::discriminator(&format!("event:{name}"))));
            for (name, discriminator) in accounts.into_iter().chain(events) {
                let entry = format!(r#"{{"name":"{name}","discriminator":{}}}"#, bytes(discriminator));
                assert!(idl.contains(&entry), "{name}");
            }
        }
    };
}
