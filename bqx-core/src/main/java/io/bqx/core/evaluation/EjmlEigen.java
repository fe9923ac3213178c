package io.bqx.core.evaluation;

import io.bqx.core.BqxException;
import java.util.Locale;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.EigenDecomposition_F64;

/** The one class that uses EJML. */
final class EjmlEigen {

  private EjmlEigen() {}

  static SymmetricEigen decompose(double[] matrix, int size) {
    EigenDecomposition_F64<DMatrixRMaj> eigen = DecompositionFactory_DDRM.eig(size, true, true);
    if (!eigen.decompose(DMatrixRMaj.wrap(size, size, matrix))) {
      throw new BqxException(
          String.format(
              Locale.ROOT,
              "Cannot make a regression: the eigenvalues of its %d x %d correlation matrix do not converge",
              size,
              size));
    }
    double[] values = new double[size];
    double[][] vectors = new double[size][];
    for (int i = 0; i < size; i++) {
      values[i] = eigen.getEigenvalue(i).getReal();
      vectors[i] = eigen.getEigenVector(i).getData();
    }
    return new SymmetricEigen(values, vectors);
  }
}
