//! Prints the GFLOP/s of the convolutions of common networks.
//!
//! `cargo run --release --example gflops [filter] [isa]`; set `RAYON_NUM_THREADS`
//! for the number of threads.

use cpu_kernels::*;
use std::time::Instant;

/// The best of several runs of each of some variants, over a fifth of a second
/// each, in GFLOP/s. They take turns, so that a busy moment of the machine
/// slows all of them.
fn rates(shape: &ConvShape, variants: usize, mut f: impl FnMut(usize)) -> Vec<f64> {
    (0..variants).for_each(&mut f);
    let begin = Instant::now();
    let mut best = vec![f64::INFINITY; variants];
    while begin.elapsed().as_secs_f64() < 0.2 * variants as f64 {
        for (variant, best) in best.iter_mut().enumerate() {
            let start = Instant::now();
            f(variant);
            *best = best.min(start.elapsed().as_secs_f64());
        }
    }
    best.iter()
        .map(|best| 2e-9 * shape.macs() as f64 / best)
        .collect()
}

fn conv(
    batch: usize,
    c_in: usize,
    size: usize,
    c_out: usize,
    k: usize,
    s: usize,
    p: usize,
) -> ConvShape {
    ConvShape {
        batch,
        in_channels: c_in,
        in_height: size,
        in_width: size,
        out_channels: c_out,
        kernel: [k; 2],
        stride: [s; 2],
        padding: [[p; 2]; 2],
        dilation: [1; 2],
        groups: 1,
    }
}

fn main() {
    let filter = std::env::args().nth(1).unwrap_or_default();
    let wanted = std::env::args().nth(2);
    let isa = Isa::available()
        .find(|isa| wanted.as_deref().is_none_or(|name| name == isa.name()))
        .expect("an available instruction set");
    let grouped = |groups| ConvShape {
        groups,
        ..conv(8, 128, 56, 128, 3, 1, 1)
    };
    let layers = [
        ("3x3 64>64 56 b8", conv(8, 64, 56, 64, 3, 1, 1)),
        ("3x3 128>128 28 b8", conv(8, 128, 28, 128, 3, 1, 1)),
        ("3x3 256>256 14 b8", conv(8, 256, 14, 256, 3, 1, 1)),
        ("3x3 512>512 7 b8", conv(8, 512, 7, 512, 3, 1, 1)),
        ("3x3 64>64 128 b4", conv(4, 64, 128, 64, 3, 1, 1)),
        ("3x3 128>128 64 b4", conv(4, 128, 64, 128, 3, 1, 1)),
        ("3x3 256>256 32 b4", conv(4, 256, 32, 256, 3, 1, 1)),
        ("3x3 512>256 32 b4", conv(4, 512, 32, 256, 3, 1, 1)),
        ("1x1 256>64 56 b8", conv(8, 256, 56, 64, 1, 1, 0)),
        ("1x1 64>256 56 b8", conv(8, 64, 56, 256, 1, 1, 0)),
        ("1x1 1024>256 14 b8", conv(8, 1024, 14, 256, 1, 1, 0)),
        ("1x1 512>2048 7 b8", conv(8, 512, 7, 2048, 1, 1, 0)),
        ("7x7s2 3>64 224 b8", conv(8, 3, 224, 64, 7, 2, 3)),
        ("3x3s2 128>128 56 b8", conv(8, 128, 56, 128, 3, 2, 1)),
        ("1x1s2 256>512 56 b8", conv(8, 256, 56, 512, 1, 2, 0)),
        ("3x3 16>16 32 b64", conv(64, 16, 32, 16, 3, 1, 1)),
        ("3x3 32>32 16 b64", conv(64, 32, 16, 32, 3, 1, 1)),
        ("3x3 64>64 8 b64", conv(64, 64, 8, 64, 3, 1, 1)),
        ("3x3 3>16 32 b64", conv(64, 3, 32, 16, 3, 1, 1)),
        ("3x3 1>32 256 b4", conv(4, 1, 256, 32, 3, 1, 1)),
        ("3x3 32>32 256 b4", conv(4, 32, 256, 32, 3, 1, 1)),
        ("3x3 128>32 28 b8", conv(8, 128, 28, 32, 3, 1, 1)),
        ("3x3 128>32 14 b8", conv(8, 128, 14, 32, 3, 1, 1)),
        ("3x3 128>32 7 b8", conv(8, 128, 7, 32, 3, 1, 1)),
        ("3x3 64>64 55 b1", conv(1, 64, 55, 64, 3, 1, 1)),
        ("3x3 256>256 13 b1", conv(1, 256, 13, 256, 3, 1, 1)),
        ("3x3 512>512 7 b1", conv(1, 512, 7, 512, 3, 1, 1)),
        ("3x3 512>512 14 b8", conv(8, 512, 14, 512, 3, 1, 1)),
        ("3x3 g32 128 56 b8", grouped(32)),
        ("dw 3x3 128 56 b8", grouped(128)),
        // The transposed convolution is the gradient of this one.
        ("T2x2 512>256 16 b4", conv(4, 256, 32, 512, 2, 2, 0)),
    ];
    println!(
        "{} threads={}  GFLOP/s fwd dgrad wgrad",
        isa.name(),
        rayon::current_num_threads()
    );
    for (name, shape) in layers
        .into_iter()
        .filter(|(name, _)| name.contains(&filter))
    {
        let noise = |len: usize| {
            (0..len)
                .map(|i| (i * 7 % 13) as f32 - 6.0)
                .collect::<Vec<_>>()
        };
        let (c_in, c_out) = (shape.in_channels, shape.out_channels);
        let x = noise(shape.in_pixels() * c_in);
        let w = noise(shape.weights());
        let mut y = noise(shape.out_pixels() * c_out);
        let algorithms: Vec<_> = [Algorithm::Direct, Algorithm::Winograd]
            .into_iter()
            .filter(|algorithm| algorithm.fits(&shape))
            .collect();
        let pack = |pack: fn(Algorithm, Isa, &ConvShape, &[f32]) -> PackedFilter| {
            let packed = |&algorithm| pack(algorithm, isa, &shape, &w);
            algorithms.iter().map(packed).collect::<Vec<_>>()
        };
        let mut forward = pack(PackedFilter::forward_by);
        let backward = pack(PackedFilter::backward_data_by);
        let count = algorithms.len();
        let packing = rates(&shape, count, |i| forward[i].update(&w));
        let epilogue = Epilogue::default();
        let fwd = rates(&shape, count, |i| {
            let y = ViewMut::new(&mut y, c_out);
            conv2d_forward(&shape, View::new(&x, c_in), &forward[i], &epilogue, y, None);
        });
        let (mut dx, mut dw) = (x.clone(), w.clone());
        let dgrad = rates(&shape, count, |i| {
            let dx = ViewMut::new(&mut dx, c_in);
            conv2d_backward_data(&shape, View::new(&y, c_out), &backward[i], &epilogue, dx);
        });
        let wgrad = rates(&shape, count, |i| {
            let (x, dy) = (View::new(&x, c_in), View::new(&y, c_out));
            conv2d_backward_weight_by(algorithms[i], isa, &shape, x, dy, &mut dw);
        });
        for (i, algorithm) in algorithms.iter().enumerate() {
            println!(
                "{name:22} {:8} {:7.1} {:7.1} {:7.1}   (packing {:.2}%)",
                format!("{algorithm:?}"),
                fwd[i],
                dgrad[i],
                wgrad[i],
                100.0 * fwd[i] / packing[i]
            );
        }
    }
}
