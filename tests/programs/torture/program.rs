//! The chain's side: which seed's function, and on what input; the result is the return data.
#![no_std]

mod torture;
use svmkit::{Error, Input, Reader, Result};

svmkit::entrypoint!(process, ignore);

fn process(input: Input) -> Result {
    let mut arguments = Reader::arguments(input.data);
    let result = torture::run(arguments.u64()?, arguments.u64()?);
    svmkit::set_return_data(&result.to_le_bytes());
    Ok(())
}

fn ignore(_: Error) {}
