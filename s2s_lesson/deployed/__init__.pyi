from s2s_lesson.deployed.ensembles import Member as Member
from s2s_lesson.deployed.ensembles import WritingEnsemble as WritingEnsemble
from s2s_lesson.deployed.exported import Exported as Exported
from s2s_lesson.deployed.exported import ExportedSequenceToText as ExportedSequenceToText
from s2s_lesson.deployed.exported import ExportedTextToText as ExportedTextToText
from s2s_lesson.deployed.exported import load as load
from s2s_lesson.deployed.sessions import Sessions as Sessions
from s2s_lesson.deployed.writing import Writer as Writer
