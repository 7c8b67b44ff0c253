#!/bin/bash
# Runs one interpreter group in a JVM. Arguments are those of Zeppelin's server:
#   -d folder -c host -p port -r ports -i group [-l repository] [-g setting] [-u user]
# Environment: AGLAIS_PYTHON (the session's Python, /opt/python), ZEPPELIN_INTP_MEM and JAVA_INTP_OPTS (of the JVM),
# ZEPPELIN_SPARK_CONF ("--conf|name=value|..." for Spark).
set -eu

folder='' host='' port='' ports=':' group=''
while getopts 'd:c:p:r:i:l:g:u:' option; do
  case $option in
    d) folder=$OPTARG ;;
    c) host=$OPTARG ;;
    p) port=$OPTARG ;;
    r) ports=$OPTARG ;;
    i) group=$OPTARG ;;
    l | g | u) ;; # downloads, names and impersonation are not used here
    *) exit 2 ;;
  esac
done

home=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
python=${AGLAIS_PYTHON:-/opt/python}
server=org.apache.zeppelin.interpreter.remote.RemoteInterpreterServer
common="$home/interpreter/*:$home/interpreter-conf"
read -ra memory <<<"${ZEPPELIN_INTP_MEM:--Xmx256m -XX:+UseSerialGC}"
read -ra options <<<"${JAVA_INTP_OPTS:-} -Dfile.encoding=UTF-8 -Djava.net.preferIPv4Stack=true"

export ZEPPELIN_HOME=$home
export PATH="$python/bin:/usr/local/bin:/usr/bin:/bin"
export PYTHONDONTWRITEBYTECODE=1 MPLBACKEND=agg

if [ "$(basename "$folder")" != spark ]; then
  exec java "${memory[@]}" "${options[@]}" -cp "$folder/*:$common" "$server" "$host" "$port" "$group" "$ports"
fi

export SPARK_HOME="$python/spark" PYSPARK_PYTHON="$python/bin/python" PYSPARK_DRIVER_PYTHON="$python/bin/python"
[ -n "${ZEPPELIN_INTP_MEM:-}" ] || memory=(-Xmx1g -XX:+UseSerialGC) # Spark's own default
IFS='|' read -ra conf <<<"${ZEPPELIN_SPARK_CONF:-}"
for setting in "${conf[@]}"; do
  case $setting in
    spark.driver.memory=*) memory=("-Xmx${setting#*=}" -XX:+UseSerialGC) ;;
    spark.driver.extraJavaOptions=*) read -ra extra <<<"${setting#*=}" && options+=("${extra[@]}") ;;
  esac
done

# What Spark reaches into on Java 17; spark-submit would add it in a JVM of its own, which costs a second.
opens=()
for package in java.lang java.lang.invoke java.lang.reflect java.io java.net java.nio java.util java.util.concurrent \
  java.util.concurrent.atomic jdk.internal.ref sun.nio.ch sun.nio.cs sun.security.action sun.util.calendar; do
  opens+=("--add-opens=java.base/$package=ALL-UNNAMED")
done
opens+=(--add-opens=java.security.jgss/sun.security.krb5=ALL-UNNAMED -XX:+IgnoreUnrecognizedVMOptions)
opens+=(-Djdk.reflect.useDirectMethodHandle=false)

# Spark's jars come before Zeppelin's, which hold older copies of the same libraries.
exec java "${memory[@]}" "${opens[@]}" "${options[@]}" \
  -cp "$folder/scala-bridge/*:$home/interpreter-conf:$SPARK_HOME/jars/*:$folder/*:$common" \
  org.apache.spark.deploy.SparkSubmit "${conf[@]}" --class "$server" spark-internal "$host" "$port" "$group" "$ports"
