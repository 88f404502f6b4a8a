//! libFuzzer as the engine, inside of a test: it is a library whose driver may be called from anywhere.
#![expect(unsafe_code, reason = "libFuzzer is C++")]
#![expect(clippy::expect_used, reason = "without what scripts/fuzz sets nothing can be fuzzed")]

use std::cell::Cell;
use std::ffi::{CString, c_char, c_int};

type TestOneInput = unsafe extern "C" fn(*const u8, usize) -> c_int;

thread_local! {
    static PROPERTY: Cell<Option<&'static dyn Fn(&[u8])>> = const { Cell::new(None) };
}

// What libFuzzer calls for each input, and its like that stops the process at a panic.
libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    if let Some(property) = PROPERTY.get() {
        property(input);
    }
});

unsafe extern "C" {
    fn LLVMFuzzerTestOneInput(data: *const u8, size: usize) -> c_int;
    fn LLVMFuzzerRunDriver(argc: *mut c_int, argv: *mut *mut *mut c_char, callback: TestOneInput) -> c_int;
}

/// Runs libFuzzer until it has found something, or its time is over. The arguments come from `scripts/fuzz`; the corpus
/// goes into a folder that is among them.
pub(crate) fn drive(corpus: &[Vec<u8>], property: &dyn Fn(&[u8])) -> ! {
    let seeds = std::env::var("AUTH_FUZZ_SEEDS").expect("AUTH_FUZZ_SEEDS is a folder");
    for (number, input) in corpus.iter().enumerate() {
        std::fs::write(format!("{seeds}/{number}"), input).expect("a seed can be written");
    }
    let arguments = std::env::var("AUTH_FUZZ_ARGUMENTS").expect("AUTH_FUZZ_ARGUMENTS are those of libFuzzer");
    let arguments = std::iter::once("fuzz").chain(arguments.split('\n')).map(CString::new);
    let arguments: Vec<CString> = arguments.collect::<Result<_, _>>().expect("arguments have no NUL");
    let mut argv: Vec<*mut c_char> = arguments.iter().map(|argument| argument.as_ptr().cast_mut()).collect();
    let mut argc = c_int::try_from(argv.len()).expect("a few arguments");
    argv.push(std::ptr::null_mut());
    // SAFETY: this function never returns, so whatever the property borrows outlives each of its calls.
    PROPERTY.set(Some(unsafe { std::mem::transmute::<&dyn Fn(&[u8]), &'static dyn Fn(&[u8])>(property) }));
    // SAFETY: as many arguments as it is told, with a null at the end; it calls back on this thread.
    std::process::exit(unsafe { LLVMFuzzerRunDriver(&mut argc, &mut argv.as_mut_ptr(), LLVMFuzzerTestOneInput) })
}
