from s2s_lesson.models.pointer_batches import PointerBatches as PointerBatches
from s2s_lesson.models.pointer_batches import pointer_batch as pointer_batch
from s2s_lesson.models.pointer_network import PointerNetwork as PointerNetwork
from s2s_lesson.models.pointer_network import positions_of as positions_of
from s2s_lesson.models.seq2seq import Seq2Seq as Seq2Seq
from s2s_lesson.models.transformer import Transformer as Transformer
