"""A server in a thread of this process, and what requests to it may look like."""

import random
import threading
from contextlib import contextmanager

import httpx

from s2s_lesson.deployed.serving.application import Application
from s2s_lesson.deployed.serving.server import LOOPBACK, Server, address, listen


@contextmanager
def served(model, limits=None):
    """A client of a server of a model, which ends with the block; it holds ``application`` and ``server``."""
    application, started, listening = Application(model, limits), threading.Event(), listen(LOOPBACK, 0)
    url, server = address(listening), Server(application, started.set)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        assert started.wait(30)
        connections = httpx.Limits(max_connections=50, max_keepalive_connections=50)
        with httpx.Client(base_url=url, timeout=30, trust_env=False, limits=connections) as client:
            client.application, client.server = application, server
            yield client
    finally:
        server.should_exit = True
        thread.join(30)
        assert not thread.is_alive()


def drawn_requests(count, seed):
    """Requests of all kinds, as (path, body), with few enough options that some can be decoded together."""
    draw, requests = random.Random(seed), []
    for _ in range(count):
        texts = ["".join(draw.choices("abcdefgh ", k=draw.randint(0, 17))) for _ in range(draw.randint(1, 3))]
        body = {"texts": texts, "attention": draw.random() < 0.5}
        if draw.random() < 0.3:
            body["constraints"] = draw.choice(
                [
                    {"prefix": draw.choice("abc")},
                    {"required": [draw.choice(["ab", "c"]), "gg"]},
                    {"forbidden": ["a", "bc"]},
                    {"min_output_length": 5, "no_repeat_ngram": 2},
                ]
            )
        if draw.random() < 0.4:
            body |= {"n_samples": draw.randint(1, 3), "seed": draw.randint(0, 99)}
            body |= draw.choice([{}, {"temperature": 0.7}, {"top_k": 3}, {"top_p": 0.9}])
            requests.append(("/sample", body))
        else:
            body |= draw.choice([{"beam_size": 1}, {"beam_size": 3, "n_best": 2}, {"length_penalty": 0.6}])
            requests.append(("/predict", body))
    return requests
