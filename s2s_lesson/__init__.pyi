from s2s_lesson.layers.config import Seq2SeqConfig as Seq2SeqConfig
from s2s_lesson.models.seq2seq import Seq2Seq as Seq2Seq
from s2s_lesson.pipeline.sequence_to_text import SequenceToText as SequenceToText
from s2s_lesson.pipeline.shipped import pretrained as pretrained
from s2s_lesson.pipeline.text_to_text import TextToText as TextToText
from s2s_lesson.search.beam import beam_search as beam_search
from s2s_lesson.search.beam import greedy_search as greedy_search
from s2s_lesson.search.sampling import sample as sample

__version__: str
