"""What belongs to one engine is collected only where that is the engine: only there is it installed."""

import keras

ONLY_ON = {"tensorflow": "test_tensorflow_loop.py", "torch": "test_torch_modules.py"}
collect_ignore = [file for engine, file in ONLY_ON.items() if engine != keras.backend.backend()]
