"""Export a run as a folder that runs without an engine, or as a SavedModel for TensorFlow Serving."""

import argparse

from s2s_lesson.commands.arguments import add_run, expect_runs, named_path

HELP = "export a run, to use it without Keras"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    add_run(parser)
    parser.add_argument(
        "folder", type=named_path, metavar="FOLDER", help="a new folder, or an export to replace"
    )
    parser.add_argument(
        "--weights",
        choices=("float32", "float16", "int8"),
        default="float32",
        help="how weights are stored; all is computed in float32 (default: float32)",
    )
    parser.add_argument(
        "--texts",
        metavar="FILE",
        help="texts on which the export is compared with the model, one a line (default: drawn ones)",
    )
    parser.add_argument("--name", help="what the model is called")
    parser.add_argument("--licence", help="the terms on which it may be used")
    parser.add_argument("--attribution", help="whose work it was made from")
    parser.add_argument(
        "--saved-model", action="store_true", help="write a SavedModel with the signatures encode and step"
    )


def run(options: argparse.Namespace) -> None:
    """Do what the arguments say."""
    from s2s_lesson.corpora.files import read_texts
    from s2s_lesson.pipeline.export.onnx_folder import expect_free
    from s2s_lesson.pipeline.export.saved_model import expect_tensorflow
    from s2s_lesson.pipeline.text_to_text import TextToText
    from s2s_lesson.training.run_folder import writable_folder

    told = {name: getattr(options, name) for name in ("name", "licence", "attribution")}
    if options.saved_model:
        asked = [name for name, value in {**told, "texts": options.texts}.items() if value is not None]
        if asked or options.weights != "float32":
            raise ValueError(
                f"Expected no --{(asked or ['weights'])[0]} with --saved-model, which holds no manifest; "
                "received one. Leave it out."
            )
        expect_tensorflow()
        expect_runs(options.run)
        writable_folder(options.folder)
        TextToText.load(options.run).export_saved_model(options.folder)
        print(f"Exported to {options.folder}: a SavedModel with the signatures encode and step")
        return
    expect_runs(options.run)
    expect_free(options.folder)
    writable_folder(options.folder.resolve().parent)
    texts = None if options.texts is None else list(read_texts(options.texts))
    manifest = TextToText.load(options.run).export(
        options.folder, weights=options.weights, sources=texts, **told
    )
    size = sum(int(file["bytes"]) for file in manifest.files.values())
    agreement = manifest.agreement
    of_what = "drawn texts" if agreement["drawn"] else "texts"
    print(f"Exported to {options.folder}: {size:,} bytes, weights in {manifest.weights}")
    print(
        f"Same outputs for {agreement['same_outputs']:.1%} of {agreement['sources']} {of_what}; "
        f"probabilities differ by {agreement['largest_difference']:.1e} at most"
    )
    if options.licence is None:
        print("The manifest names no licence: --licence and --attribution say what people may do with it.")
