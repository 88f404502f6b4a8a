//! The rate of the bare Argon2id call: threads that do nothing else, their memory allocated once.

use std::time::{Duration, Instant};

use argon2::{Algorithm, Argon2, Block, Params, Version};

/// Hashes a second of `threads` threads together.
pub(crate) fn hashes_a_second(threads: usize, memory_kib: u32, passes: u32, measured: Duration) -> f64 {
    let began = Instant::now();
    let hashes: u64 = std::thread::scope(|scope| {
        let workers: Vec<_> =
            (0..threads).map(|_| scope.spawn(|| hash_until(memory_kib, passes, began + measured))).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).sum()
    });
    hashes as f64 / began.elapsed().as_secs_f64()
}

fn hash_until(memory_kib: u32, passes: u32, end: Instant) -> u64 {
    let params = Params::new(memory_kib, passes, 1, Some(32)).unwrap();
    let mut memory = vec![Block::default(); params.block_count()];
    let argon2 = Argon2::new_with_secret(&[7; 32], Algorithm::Argon2id, Version::V0x13, params).unwrap();
    let (mut output, mut hashes) = ([0; 32], 0);
    while Instant::now() < end {
        argon2
            .hash_password_into_with_memory(b"correct horse battery staple", &[9; 16], &mut output, &mut memory)
            .unwrap();
        hashes += 1;
    }
    hashes
}
