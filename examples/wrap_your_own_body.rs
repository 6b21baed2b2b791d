//! Any module can be bypassed: here a body of two linear layers, in each of the three ways.
//!
//! `cargo run -p examples --bin wrap_your_own_body` prints
//!
//! ```text
//! x            [4, 8]
//! network(x)   [4, 16]
//! parameters   912
//! y equals x   true
//! ```

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};
use skip_blocks::{DenseConcat, Gated, ModifierConfig, Residual, parameter_count};

/// The body. It knows nothing of skip connections.
#[derive(Module, Debug)]
struct TwoLayers {
    hidden: Linear,
    out: Linear,
}

impl TwoLayers {
    fn new(features: usize, hidden: usize, device: &Device) -> Self {
        Self {
            hidden: LinearConfig::new(features, hidden).init(device),
            out: LinearConfig::new(hidden, features).init(device),
        }
    }

    fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        self.out.forward(relu(self.hidden.forward(x)))
    }
}

/// A network of bypassed bodies.
#[derive(Module, Debug)]
struct Network {
    added: Residual<TwoLayers>,
    gated: Gated<TwoLayers, Linear>,
    beside: DenseConcat<TwoLayers>,
}

impl Network {
    fn new(features: usize, device: &Device) -> Self {
        let body = || TwoLayers::new(features, 2 * features, device);
        let gate = LinearConfig::new(features, features).init(device);
        Self {
            added: Residual::new(body()),
            gated: Gated::new(body(), gate),
            beside: DenseConcat::new(body()),
        }
    }

    /// How a body is applied goes along with the input: a method's path or a closure.
    fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        let x = self.added.forward(x, TwoLayers::forward);
        let x = self.gated.forward(x, TwoLayers::forward, Linear::forward);
        self.beside.forward(x, TwoLayers::forward)
    }
}

fn main() {
    let device = Device::flex();
    device.seed(0);
    let network = Network::new(8, &device);
    let x = Tensor::<2>::ones([4, 8], &device);
    println!("x            {:?}", x.dims());
    println!("network(x)   {:?}", network.forward(x.clone()).dims());
    println!("parameters   {}", parameter_count(&network));

    // SkipInit scales the body by a learned number that starts at 0: at first y is x.
    let skip_init = ModifierConfig::SkipInit.init(8, &device);
    let added = network.added.with_modifiers(vec![skip_init]);
    let y = added.forward(x.clone(), TwoLayers::forward);
    println!("y equals x   {}", y.to_data() == x.to_data());
}
