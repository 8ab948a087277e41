//! A view: the text that these values render to, as return data. Simulate it; it takes no accounts.
use crate::text::{Intent, Text};
use svmkit::{discriminator, set_return_data, Discriminator, Input, Reader, Result};

pub const DISCRIMINATOR: Discriminator = discriminator("global:render_intent");

#[inline(never)]
pub fn run(_: &Input, mut arguments: Reader) -> Result {
    let (intent_id, job_id) = (arguments.bytes()?, arguments.bytes()?);
    let (amount, timestamp, expires) = (arguments.u64()?, arguments.u64()?, arguments.u64()?);
    let nonce = arguments.bytes()?;
    arguments.end()?;
    let intent = Intent { intent_id: &intent_id, job_id: &job_id, amount, timestamp, expires, nonce: &nonce };
    set_return_data(Text::render(&intent)?.bytes());
    Ok(())
}
