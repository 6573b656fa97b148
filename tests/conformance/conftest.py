"""PyTorch's own modules are compared where PyTorch is the engine: only there is it installed."""

import keras

collect_ignore = [] if keras.backend.backend() == "torch" else ["test_torch_modules.py"]
