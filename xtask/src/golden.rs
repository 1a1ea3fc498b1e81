//! The golden vectors of the plan in WebAssembly: what the browser computes is what the functions compute.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use wasmi::{Engine, Linker, Module, Store, Val};

use crate::{build, toolchain};

/// Builds the program `golden` of `campaigns` for the browser's target and runs it; an error when a vector differs.
pub fn run(root: &Path) -> Result<()> {
    let toolchain = toolchain::find()?;
    let module = build::wasm(&toolchain, root, &["--package", "campaigns", "--bin", "golden"], "golden.wasm")?;
    let bytes = std::fs::read(&module).with_context(|| format!("cannot read {}", module.display()))?;
    execute(&bytes).context("the plan differs in WebAssembly")?;
    println!("the plan's golden vectors agree in WebAssembly ({} bytes)", bytes.len());
    Ok(())
}

/// Calls a module's `main`; a panic in it is a trap, and an error here.
fn execute(bytes: &[u8]) -> Result<()> {
    let engine = Engine::default();
    let module = Module::new(&engine, bytes).context("not a module")?;
    let mut store = Store::new(&engine, ());
    let instance = Linker::new(&engine).instantiate_and_start(&mut store, &module).context("it does not start")?;
    let main = instance.get_func(&store, "main").context("it has no main")?;
    let mut code = [Val::I32(-1)];
    main.call(&mut store, &[Val::I32(0), Val::I32(0)], &mut code)?;
    ensure!(matches!(code[0], Val::I32(0)), "main ended with {:?}", code[0]);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A module whose `main` is these instructions, with an `i32` as the result.
    fn module(body: &[u8]) -> Vec<u8> {
        let mut bytes = b"\0asm\x01\0\0\0".to_vec();
        bytes.extend([1, 7, 1, 0x60, 2, 0x7f, 0x7f, 1, 0x7f]); // (i32, i32) -> i32
        bytes.extend([3, 2, 1, 0]);
        bytes.extend([7, 8, 1, 4, b'm', b'a', b'i', b'n', 0, 0]);
        let length = u8::try_from(body.len() + 2).unwrap();
        bytes.extend([10, length + 2, 1, length, 0]);
        bytes.extend(body);
        bytes.push(0x0b);
        bytes
    }

    #[test]
    fn a_main_that_ends_well_is_told_from_one_that_does_not() {
        assert!(execute(&module(&[0x41, 0])).is_ok());
        assert!(execute(&module(&[0x41, 1])).is_err());
        assert!(execute(&module(&[0x00])).is_err());
        assert!(execute(b"no module").is_err());
    }
}
