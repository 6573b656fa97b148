import sys

from s2s_lesson import deployed

folder, *texts = sys.argv[1:]
model = deployed.load(folder)
for prediction in model.predict(texts, beam_size=5, n_best=2):
    print(prediction.source, "->", prediction.text)
    for token, weights in zip(prediction.tokens, prediction.attention_weights, strict=True):
        print(f"  {token!r} looked most at {prediction.source_tokens[weights.argmax()]!r}")
    for other in prediction.alternatives:
        print(f"  or, less likely ({other.log_probability:.2f}): {other.text}")
