from s2s_lesson.deployed.writing import Writer as Writer
