"""The files to copy for schedulers: they are what these take, and call the command line as it is."""

import re
import shlex
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from s2s_lesson.commands.command_line import command_line
from s2s_lesson.training.distribution import ADDRESS, PROCESS, PROCESSES

FOLDER = Path(__file__).parents[2] / "deploy"
MANIFESTS = list(yaml.safe_load_all((FOLDER / "kubernetes.yaml").read_text(encoding="utf-8")))
JOB = next(manifest for manifest in MANIFESTS if manifest["kind"] == "Job")
POD = JOB["spec"]["template"]["spec"]


@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda manifest: manifest["kind"])
@pytest.mark.parametrize("version", ["1.30", kubernetes_validate.latest_version()])
def test_the_manifests_have_the_form_that_kubernetes_wants(manifest, version):
    kubernetes_validate.validate(manifest, version, strict=True)
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate({**manifest, "spec": {"completions": "two"}}, version, strict=True)


def test_the_pods_are_told_who_they_are():
    [container] = POD["containers"]
    told = {variable["name"]: variable for variable in container["env"]}
    assert told["KERAS_BACKEND"]["value"] == "jax"
    assert int(told[PROCESSES]["value"]) == JOB["spec"]["completions"] == JOB["spec"]["parallelism"]
    assert "job-completion-index" in told[PROCESS]["valueFrom"]["fieldRef"]["fieldPath"]
    host, port = told[ADDRESS]["value"].split(":")
    service = next(manifest for manifest in MANIFESTS if manifest["kind"] == "Service")
    assert host == f"{JOB['metadata']['name']}-0.{POD['subdomain']}" and port.isdecimal()
    assert POD["subdomain"] == service["metadata"]["name"] and service["spec"]["clusterIP"] == "None"
    assert service["spec"]["selector"] == {"job-name": JOB["metadata"]["name"]}


@pytest.mark.parametrize(
    "command",
    [
        POD["containers"][0]["command"][-1],
        (FOLDER / "slurm.sh").read_text(encoding="utf-8").splitlines()[-1],
    ],
    ids=["kubernetes", "slurm"],
)
def test_they_call_the_command_as_it_is(command):
    plain = re.sub(r"\$\(.*?\)$|\$RESUME$", "--resume", command.strip())
    _, _, arguments = plain.partition("s2s-lesson ")
    options = command_line().parse_args(shlex.split(arguments))
    assert options.command == "train" and options.distribute and options.resume
