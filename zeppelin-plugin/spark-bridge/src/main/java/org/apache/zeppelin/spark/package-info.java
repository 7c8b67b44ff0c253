/**
 * The half of Zeppelin's Spark interpreters that is written once per Scala version: a Spark session, a Scala shell
 * on it, and the {@code z} of a paragraph. The package is Zeppelin's, since it looks the first class up by name.
 */
package org.apache.zeppelin.spark;
