"""Export: a trained pipeline in forms that run without Keras."""
