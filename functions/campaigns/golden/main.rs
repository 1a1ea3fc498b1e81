//! The golden vectors of the plan, recomputed where this runs: `cargo run -p xtask -- golden` runs it as WebAssembly, as
//! a browser would. Ends well when all of them agree; otherwise it panics, which is a trap there.

use campaigns::plan::golden::GOLDEN;

fn main() {
    for golden in GOLDEN {
        assert_eq!(golden.computed().as_deref(), Some(golden.due.as_slice()), "{}", golden.name);
    }
}
