"""The twins' half of the proof: what PyTorch computes from values that both sides can write down."""
