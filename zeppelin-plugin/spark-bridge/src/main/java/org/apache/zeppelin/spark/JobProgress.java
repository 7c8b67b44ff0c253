package org.apache.zeppelin.spark;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.apache.spark.SparkJobInfo;
import org.apache.spark.SparkStageInfo;
import org.apache.spark.SparkStatusTracker;

/** How far the jobs of one paragraph have come, by finished tasks. */
final class JobProgress {
  private JobProgress() {}

  static int percent(SparkStatusTracker tracker, String jobGroup) {
    SparkStageInfo[] stages =
        stageIds(tracker, jobGroup)
            .mapToObj(id -> tracker.getStageInfo(id))
            .filter(info -> info.isDefined())
            .map(info -> info.get())
            .toArray(SparkStageInfo[]::new);
    long tasks = Arrays.stream(stages).mapToLong(SparkStageInfo::numTasks).sum();
    long done = Arrays.stream(stages).mapToLong(SparkStageInfo::numCompletedTasks).sum();
    return tasks == 0 ? 0 : (int) (100 * done / tasks);
  }

  private static IntStream stageIds(SparkStatusTracker tracker, String jobGroup) {
    return Arrays.stream(tracker.getJobIdsForGroup(jobGroup))
        .mapToObj(id -> tracker.getJobInfo(id))
        .filter(info -> info.isDefined())
        .map(info -> info.get())
        .map(SparkJobInfo::stageIds)
        .flatMapToInt(Arrays::stream)
        .distinct();
  }
}
