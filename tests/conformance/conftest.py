"""What belongs to one engine is collected only where that is the engine: only there is it installed."""

import keras

ONLY_ON = {
    "test_tensorflow_loop.py": ["tensorflow"],
    "test_torch_modules.py": ["torch"],
    "test_distribution.py": ["jax"],
    "test_replicas.py": ["tensorflow", "jax"],  # Keras distributes no PyTorch model
}
collect_ignore = [file for file, engines in ONLY_ON.items() if keras.backend.backend() not in engines]
