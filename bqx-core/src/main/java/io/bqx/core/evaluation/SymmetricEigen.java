package io.bqx.core.evaluation;

import io.bqx.core.BqxException;

/**
 * Eigenvalues and eigenvectors of a symmetric matrix.
 *
 * @param values the eigenvalues
 * @param vectors one unit vector per eigenvalue
 */
record SymmetricEigen(double[] values, double[][] vectors) {

  /**
   * Decomposes a matrix.
   *
   * @param matrix row by row; overwritten
   */
  static SymmetricEigen of(double[] matrix, int size) {
    return EjmlEigen.decompose(matrix, size);
  }

  /**
   * Fails early if the optional library is not there.
   *
   * @throws BqxException if EJML is not on the class path
   */
  static void requireLibrary() {
    try {
      of(new double[] {1}, 1);
    } catch (NoClassDefFoundError e) {
      throw new BqxException(
          "Cannot evaluate features: the linear algebra library EJML is not on the class path. It is an optional"
              + " dependency of bqx-core; add org.ejml:ejml-ddense to the dependencies of your project",
          e);
    }
  }
}
