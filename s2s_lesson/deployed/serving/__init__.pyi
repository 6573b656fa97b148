from s2s_lesson.deployed.serving.application import Application as Application
from s2s_lesson.deployed.serving.limits import Limits as Limits
from s2s_lesson.deployed.serving.server import listen as listen
from s2s_lesson.deployed.serving.server import run as run
