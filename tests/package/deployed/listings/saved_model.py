import sys

import numpy as np
import tensorflow as tf

folder, length = sys.argv[1], int(sys.argv[2])
model = tf.saved_model.load(folder).signatures
source_ids = np.full((1, length), 4, "int32")
state = model["encode"](source_ids=source_ids)
after = model["step"](token_ids=np.array([2], "int32"), **state)  # 2 begins every output
print(after["logits"].shape, sorted(after))
