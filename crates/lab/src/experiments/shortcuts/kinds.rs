//! The ways in which a block's input may pass its layers.

use serde_json::{Value, json};

/// One of them.
pub(super) struct Kind {
    /// What it is called here.
    pub name: &'static str,
    /// What it makes of the input and of the branch.
    pub equation: &'static str,
    /// Fields of the encoder's configuration.
    pub encoder: fn() -> Value,
    /// The paper's test error on CIFAR-10, with 110 layers.
    pub paper: &'static str,
}

/// Figures 2 and 4(e) and tables 1 and 2 of the paper, and option B of the paper before.
pub(super) const KINDS: [Kind; 11] = [
    Kind {
        name: "identity",
        equation: "x + F(x)",
        encoder: || json!({"shortcut": "zero_pad"}),
        paper: "6.61",
    },
    Kind {
        name: "halved",
        equation: "x / 2 + F(x)",
        encoder: || json!({"shortcut": {"scaled": 0.5}}),
        paper: "above 20",
    },
    Kind {
        name: "both halved",
        equation: "x / 2 + F(x) / 2",
        encoder: || {
            json!({
                "shortcut": {"scaled": 0.5},
                "modifiers": [{"scaled": {"factor": 0.5}}],
            })
        },
        paper: "12.35",
    },
    Kind {
        name: "exclusive gate, 0",
        equation: "(1 - g(x)) x + g(x) F(x), bias 0 at first",
        encoder: || json!({"shortcut": {"exclusive_gate": 0.0}}),
        paper: "above 20",
    },
    Kind {
        name: "exclusive gate, -6",
        equation: "(1 - g(x)) x + g(x) F(x), bias -6 at first",
        encoder: || json!({"shortcut": {"exclusive_gate": -6.0}}),
        paper: "8.70",
    },
    Kind {
        name: "shortcut gate, 0",
        equation: "(1 - g(x)) x + F(x), bias 0 at first",
        encoder: || json!({"shortcut": {"shortcut_gate": 0.0}}),
        paper: "12.86",
    },
    Kind {
        name: "shortcut gate, -6",
        equation: "(1 - g(x)) x + F(x), bias -6 at first",
        encoder: || json!({"shortcut": {"shortcut_gate": -6.0}}),
        paper: "6.91",
    },
    Kind {
        name: "1x1 convolution",
        equation: "conv(x) + F(x), in every block",
        encoder: || json!({"shortcut": "convolution"}),
        paper: "12.22",
    },
    Kind {
        name: "dropout",
        equation: "dropout(x) + F(x), half of the values",
        encoder: || json!({"shortcut": {"dropout": 0.5}}),
        paper: "above 20",
    },
    Kind {
        name: "option B",
        equation: "x + F(x), conv(x) + F(x) where the shape changes",
        encoder: || json!({"shortcut": "projection"}),
        paper: "",
    },
    Kind {
        name: "pre-activation",
        equation: "x + F(x), nothing after the sum",
        encoder: || json!({"shortcut": "zero_pad", "order": "pre_activation"}),
        paper: "6.37",
    },
];
