//! The golden vectors of the plan in WebAssembly: what the browser computes is what the functions compute.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use wasmi::{Engine, Error, ExternType, Linker, Module, Store, Val};

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
    let linker = without_a_browser(&engine, &module)?;
    let instance = linker.instantiate_and_start(&mut store, &module).context("it does not start")?;
    let main = instance.get_func(&store, "main").context("it has no main")?;
    let mut code = [Val::I32(-1)];
    main.call(&mut store, &[Val::I32(0), Val::I32(0)], &mut code)?;
    ensure!(matches!(code[0], Val::I32(0)), "main ended with {:?}", code[0]);
    Ok(())
}

/// Functions that libraries would ask a browser for (the time, say): the plan needs none, and a call of one is a trap.
fn without_a_browser(engine: &Engine, module: &Module) -> Result<Linker<()>> {
    let mut linker = Linker::new(engine);
    for import in module.imports() {
        let ExternType::Func(shape) = import.ty() else { continue };
        let (module, name) = (import.module().to_owned(), import.name().to_owned());
        let asked = format!("{module} {name}");
        linker
            .func_new(&module, &name, shape.clone(), move |_, _, _| {
                Err(Error::new(format!("the plan asked a browser for {asked}")))
            })
            .with_context(|| format!("importing {module} {name}"))?;
    }
    Ok(linker)
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

    #[test]
    fn a_main_that_asks_a_browser_is_stopped_and_one_that_only_could_is_not() {
        let importing = |body: &[u8]| {
            let mut bytes = module(body);
            // The first function is an import now, and `main` the one after it.
            let functions = bytes.windows(4).position(|bytes| bytes == [3, 2, 1, 0]).unwrap();
            bytes.splice(functions..functions, [2, 7, 1, 1, b'a', 1, b'b', 0, 0]);
            let main = bytes.windows(6).position(|bytes| bytes == *b"main\0\0").unwrap();
            bytes[main + 5] = 1;
            execute(&bytes)
        };
        assert!(importing(&[0x41, 0]).is_ok());
        let asked = importing(&[0x41, 0, 0x41, 0, 0x10, 0]).unwrap_err();
        assert!(format!("{asked:#}").contains("asked a browser for a b"), "{asked:#}");
    }
}
