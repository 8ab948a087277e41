//! Test only: reads tests/vectors, arrays of flat objects of strings and whole numbers.
use std::collections::HashMap;

pub struct Vector(HashMap<String, String>);

impl Vector {
    pub fn text(&self, field: &str) -> &str {
        &self.0[field]
    }

    pub fn number(&self, field: &str) -> u64 {
        self.text(field).parse().unwrap()
    }

    pub fn hex<const N: usize>(&self, field: &str) -> [u8; N] {
        let digits: String = self.text(field).chars().filter(|c| *c != '-').collect();
        assert_eq!(digits.len(), 2 * N, "{field}");
        core::array::from_fn(|i| u8::from_str_radix(&digits[2 * i..2 * i + 2], 16).unwrap())
    }
}

pub fn payment_intents() -> Vec<Vector> {
    let vectors = read("payment-intents.json");
    assert!(vectors.len() >= 40, "the vectors are missing");
    vectors
}

pub fn attestations() -> Vec<Vector> {
    let vectors = read("attestations.json");
    assert!(!vectors.is_empty(), "the vectors are missing");
    vectors
}

pub fn deposits() -> Vec<Vector> {
    let vectors = read("deposits.json");
    assert!(!vectors.is_empty(), "the vectors are missing");
    vectors
}

fn read(file: &str) -> Vec<Vector> {
    let folder = std::env::var("HYPERNODE_VECTORS").expect("HYPERNODE_VECTORS names tests/vectors");
    let json = std::fs::read_to_string(format!("{folder}/{file}")).unwrap();
    json.split('{').skip(1).map(|object| Vector(fields(object))).collect()
}

/// The fields of one object: the generator writes each on a line of its own.
fn fields(object: &str) -> HashMap<String, String> {
    let mut fields = HashMap::new();
    for line in object.lines() {
        let Some((name, value)) = line.trim().trim_end_matches(',').split_once("\": ") else { continue };
        let value = value.trim_matches('"').replace("\\n", "\n");
        assert!(!value.contains('\\'), "an escape that this reader does not know: {value}");
        fields.insert(name.trim_start_matches('"').to_string(), value);
    }
    fields
}
