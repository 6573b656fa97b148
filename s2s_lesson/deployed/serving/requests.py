"""What requests hold, as pydantic reads it and as the description of the interface shows it.

Types and names are pydantic's to check. What a number may be is said in ``s2s_lesson.search``, and so are the
errors; here it is only shown.
"""

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from s2s_lesson.data.expected import check, expect
from s2s_lesson.data.incoming import plain_texts
from s2s_lesson.deployed.serving.jobs import Job
from s2s_lesson.deployed.serving.limits import Limits
from s2s_lesson.search.beam import Stopping, beam_search
from s2s_lesson.search.constraints import Constraints
from s2s_lesson.search.groups import DiverseGroups
from s2s_lesson.search.sampling import sample
from s2s_lesson.search.scoring import Scoring

LARGEST_SEED = 2**32 - 1


def _shown(text: str, **limits: float) -> object:
    """A description, and limits that are shown and not checked."""
    return Field(description=text, json_schema_extra={**limits})


Texts: TypeAlias = Annotated[list[str], _shown("What the model reads.", minItems=1)]
Attention: TypeAlias = Annotated[bool, _shown("Return the attention weights of each output.")]
Unknown: TypeAlias = Annotated[bool, _shown("Outputs may hold <unk>, which stands for rare words.")]
Truncate: TypeAlias = Annotated[bool, _shown("Cut texts that are too long for the model: errors else.")]


class _Strict(BaseModel):
    """Knows each of its fields, and takes no number for a text or the other way round."""

    model_config = ConfigDict(extra="forbid", strict=True)


class OutputConstraints(_Strict):
    """What the outputs of a request look like. Texts are in the words of the target language.

    >>> OutputConstraints(required=["a b"]).constraints().required
    ('a b',)
    """

    prefix: Annotated[str, _shown("What outputs begin with.")] = ""
    required: Annotated[list[str], _shown("Phrases that outputs hold.")] = []
    forbidden: Annotated[list[str], _shown("Phrases that outputs do not hold.")] = []
    min_output_length: Annotated[int, _shown("In tokens, the end token included.", minimum=1)] = 1
    no_repeat_ngram: Annotated[int, _shown("No run of so many tokens comes twice; 0: any.", minimum=0)] = 0
    forced_end: Annotated[bool, _shown("Outputs end, instead of being cut.")] = False

    def constraints(self) -> Constraints:
        """The same as the searches take it."""
        phrases = {"required": tuple(self.required), "forbidden": tuple(self.forbidden)}
        return Constraints(**{**self.model_dump(), **phrases})


class Groups(_Strict):
    """Diverse beam search: groups of the beam that are held apart.

    >>> Groups(count=2, diversity_penalty=0.5).count
    2
    """

    count: Annotated[int, _shown("Of groups, which divides beam_size.", minimum=1)] = 1
    diversity_penalty: Annotated[float, _shown("What holds the groups apart.", minimum=0)] = 0.0


class _Decoding(_Strict):
    """What both kinds of requests hold."""

    texts: Texts
    constraints: OutputConstraints = OutputConstraints()
    attention: Attention = False
    unknown: Unknown = False
    truncate: Truncate = False

    def _check_texts(self, limits: Limits, outputs: int) -> None:
        """Check lengths and numbers, that of the outputs for each text among them."""
        number, longest = len(self.texts), limits.text_length
        expect("the number of texts", number, 1 <= number <= limits.texts, f"from 1 to {limits.texts}")
        outputs *= number
        expect("the number of outputs", outputs, outputs <= limits.outputs, f"of at most {limits.outputs}")
        for place, text in enumerate(self.texts):
            _expect_short(f"the length of text {place}", text, longest)
        _expect_short("the length of prefix", self.constraints.prefix, longest)
        plain_texts(self.texts)
        plain_texts([self.constraints.prefix], "prefix")
        for name in ("required", "forbidden"):
            phrases = getattr(self.constraints, name)
            many = f"of at most {limits.phrases}"
            expect(f"the number of {name} phrases", len(phrases), len(phrases) <= limits.phrases, many)
            for phrase in phrases:
                _expect_short(f"the length of a {name} phrase", phrase, longest)
            plain_texts(phrases, name)


class PredictRequest(_Decoding):
    """Texts, and how the likeliest outputs for them are looked for.

    >>> PredictRequest(texts=["a"], beam_size=3, n_best=2).job(Limits()).search
    'predict'
    """

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"texts": ["30 sept. 2016"], "beam_size": 5, "n_best": 3, "attention": True}
        }
    )

    beam_size: Annotated[int, _shown("Hypotheses kept at every step; 1: greedy search.", minimum=1)] = 5
    n_best: Annotated[int, _shown("Outputs for each text, at most beam_size.", minimum=1)] = 1
    length_penalty: Annotated[float, _shown("More favours longer outputs.", minimum=0)] = 0.0
    length_formula: Annotated[Literal["gnmt", "average"], _shown("How the length penalty counts tokens.")] = (
        "gnmt"
    )
    coverage_penalty: Annotated[float, _shown("More favours reading all of a text.", minimum=0)] = 0.0
    stopping: Annotated[Stopping, _shown("When the search ends; only exact never misses an output.")] = (
        "exact"
    )
    groups: Groups = Groups()

    def job(self, limits: Limits) -> Job:
        """Check what is asked, and make a job of it.

        Args:
            limits: ``Limits``.

        Returns:
            ``Job``.

        Raises:
            ValueError: an option is out of its range or above its limit.
        """
        check(beam_search, beam_size=self.beam_size, n_best=self.n_best)
        widest = f"of at most {limits.beam_size}"
        expect("beam_size", self.beam_size, self.beam_size <= limits.beam_size, widest)
        self._check_texts(limits, self.n_best)
        options = {
            "beam_size": self.beam_size,
            "n_best": self.n_best,
            "scoring": Scoring(self.length_penalty, self.length_formula, self.coverage_penalty),
            "stopping": self.stopping,
            "groups": DiverseGroups(self.groups.count, self.groups.diversity_penalty),
            "unknown": self.unknown,
            "truncate": self.truncate,
        }
        return Job("predict", tuple(self.texts), tuple(options.items()), self.constraints.constraints())


class SampleRequest(_Decoding):
    """Texts, and how outputs for them are drawn. The same request draws the same.

    >>> SampleRequest(texts=["a"], seed=3).job(Limits()).seed
    3
    """

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"texts": ["30 sept. 2016"], "n_samples": 3, "seed": 1, "temperature": 0.8}
        }
    )

    n_samples: Annotated[int, _shown("Outputs for each text.", minimum=1)] = 1
    seed: Annotated[int, _shown("Of what is drawn.", minimum=0, maximum=LARGEST_SEED)] = 0
    temperature: Annotated[float, _shown("Below 1 favours likely tokens.", minimum=0)] = 1.0
    top_k: Annotated[int | None, _shown("Draw among so many of the likeliest.", minimum=1)] = None
    top_p: Annotated[
        float | None, _shown("Draw among the likeliest of this share.", exclusiveMinimum=0, maximum=1)
    ] = None
    typical_p: Annotated[
        float | None, _shown("The same, of the most typical.", exclusiveMinimum=0, maximum=1)
    ] = None

    def job(self, limits: Limits) -> Job:
        """Check what is asked, and make a job of it, as ``PredictRequest.job``."""
        chosen = self.model_dump(include={"n_samples", "temperature", "top_k", "top_p", "typical_p"})
        check(sample, **chosen)
        expect("seed", self.seed, 0 <= self.seed <= LARGEST_SEED, f"from 0 to {LARGEST_SEED}")
        most = f"of at most {limits.samples}"
        expect("n_samples", self.n_samples, self.n_samples <= limits.samples, most)
        self._check_texts(limits, self.n_samples)
        options = {**chosen, "unknown": self.unknown, "truncate": self.truncate}
        constraints = self.constraints.constraints()
        return Job("sample", tuple(self.texts), tuple(options.items()), constraints, self.seed)


def _expect_short(name: str, text: str, longest: int) -> None:
    expect(name, len(text), len(text) <= longest, f"of at most {longest} characters")
