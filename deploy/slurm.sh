#!/bin/bash
# Train on several machines under SLURM, one process a machine: sbatch deploy/slurm.sh
# srun sets the variables that JAX reads: which process this is, of how many, and where the first one runs.
#SBATCH --job-name=s2s-lesson
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --time=12:00:00

export KERAS_BACKEND=jax
FOLDER=${FOLDER:-runs/mine} # on a drive that all machines share
DATA=${DATA:-pairs.tsv}
RESUME=$([ -e "$FOLDER/begun.json" ] && echo --resume)

srun s2s-lesson train --distribute --data "$DATA" --output "$FOLDER" $RESUME
