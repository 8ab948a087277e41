//! The host's side: `host COUNT INPUTS` prints what each of the COUNT functions makes of each input.
mod torture;

fn main() {
    let mut arguments = std::env::args().skip(1).map(|a| a.parse::<u64>().expect("a number"));
    let (count, inputs) = (arguments.next().expect("COUNT"), arguments.next().expect("INPUTS"));
    for which in 0..count {
        let results: Vec<String> = (0..inputs).map(|input| format!("{:016x}", torture::run(which, input * 7 + which))).collect();
        println!("{}", results.join(" "));
    }
}
