#!/usr/bin/env bash
# An array of 16 shards. Submit with: sbatch docs/recipes/slurm.sh
# Give it again to go on with what is missing. Then: custodes rows "$RUN" && custodes report "$RUN"
# `rows` names the shards that are missing, and refuses ones of two plans. $RUN: storage of all nodes.
#SBATCH --job-name=custodes
#SBATCH --array=1-16
#SBATCH --cpus-per-task=2
#SBATCH --mem=4G
#SBATCH --time=04:00:00
#SBATCH --signal=B:TERM@120
set -euo pipefail

RUN=${RUN:-$HOME/runs/paper}
MODEL=${MODEL:-openai/gpt-5.2}

# exec: the signal before the time limit reaches the run itself, which then keeps what has finished.
exec custodes run paper --model "$MODEL" --log-dir "$RUN" \
    --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" \
    --workers "$SLURM_CPUS_PER_TASK" --deadline 3h
