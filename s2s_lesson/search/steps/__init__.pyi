from s2s_lesson.search.steps.keras_steps import compile_step as compile_step
