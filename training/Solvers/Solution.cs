using Orrery.Training.Features;

namespace Orrery.Training.Solvers;

/// <summary>What a solver learned: scores are inputs [n, m] times weights [m, c] plus intercepts [c].</summary>
/// <param name="Weights">The weights; of a kernel machine the dual coefficients [support vectors, c].</param>
/// <param name="Intercepts">The intercepts.</param>
/// <param name="Calibration">A sigmoid a column; null for a softmax over them.</param>
/// <param name="Support">The support vectors [s, m] of a kernel machine; null for a linear one.</param>
/// <param name="Gamma">The width of the kernel.</param>
/// <param name="Iterations">Steps of the solver, all machines together.</param>
/// <param name="Converged">Whether the tolerance was reached.</param>
internal sealed record Solution(
    Matrix Weights, float[] Intercepts, Sigmoid[]? Calibration, Matrix? Support, double Gamma, int Iterations, bool Converged);
