r"""The formulas of the method page, as LaTeX; shown as MathML.

Written where they are computed: `arena/rating/`. Names of variables are the same there.
"""

from django.utils.safestring import SafeString, mark_safe

from instructions.render import render_markdown

_SOURCES = {
    "strength": r"P(i \text{ beats } j) = \frac{1}{1 + e^{-(\theta_i - \theta_j)}}",
    "rating": r"R_i = C + \frac{400}{\ln 10}\,\theta_i",
    "points": r"s_{ij} = \sum_{i \text{ won}} w_v + \frac{1}{2} \sum_{\text{tied}} w_v",
    "likelihood": (
        r"\hat\theta = \arg\max_\theta \sum_{i \ne j} s_{ij}"
        r" \ln \frac{1}{1 + e^{-(\theta_i - \theta_j)}}"
    ),
    "gradient": (
        r"g_i = \sum_j \left( s_{ij} - n_{ij}\, p_{ij} \right), \qquad"
        r" H = \sum_{i < j} n_{ij}\, p_{ij} (1 - p_{ij}) (e_i - e_j)(e_i - e_j)^\top"
    ),
    "davidson": (
        r"P(i \text{ beats } j) = \frac{\pi_i}{\pi_i + \pi_j + \nu \sqrt{\pi_i \pi_j}}, \qquad"
        r" P(\text{tie}) = \frac{\nu \sqrt{\pi_i \pi_j}}{\pi_i + \pi_j + \nu \sqrt{\pi_i \pi_j}}"
    ),
    "rao_kupper": (
        r"P(i \text{ beats } j) = \frac{\pi_i}{\pi_i + \eta\, \pi_j}, \qquad"
        r" P(\text{tie}) = \frac{(\eta^2 - 1)\, \pi_i \pi_j}"
        r"{(\pi_i + \eta\, \pi_j)(\pi_j + \eta\, \pi_i)}"
    ),
    "sandwich": r"\hat V = H^{-1} B H^{-1}, \qquad B = \sum_v w_v^2 (y_v - p_v)^2 x_v x_v^\top",
    "interval": r"R_i \pm 1.959964 \cdot \frac{400}{\ln 10} \sqrt{\hat V_{ii}}",
    "anytime": (
        r"R_i \pm \frac{400}{\ln 10} \sqrt{\hat V_{ii}}"
        r" \sqrt{\frac{2 (n \rho^2 + 1)}{n \rho^2} \ln \frac{\sqrt{n \rho^2 + 1}}{\alpha}}"
    ),
    "ranks": (
        r"\text{best}_i = 1 + \#\{ j : l_j > u_i \}, \qquad"
        r" \text{worst}_i = M - \#\{ j : u_j < l_i \}"
    ),
    "average": r"A_i = \frac{1}{M - 1} \sum_{j \ne i} p_{ij}",
    "style": (
        r"\ln \frac{P(A)}{P(B)} = \theta_A - \theta_B + \sum_k \beta_k z_k, \qquad"
        r" z_k = \frac{d_k - \bar d_k}{s_k}, \qquad d_k = \frac{f_k^A - f_k^B}{f_k^A + f_k^B + 1}"
    ),
    "elo": r"R_A \leftarrow R_A + K \left( y - \frac{1}{1 + 10^{(R_B - R_A)/400}} \right)",
}


def formulas() -> dict[str, SafeString]:
    return {name: _shown(source) for name, source in _SOURCES.items()}


def _shown(source: str) -> SafeString:
    html = render_markdown(f"$$\n{source}\n$$")
    return mark_safe(html)  # noqa: S308 - our own source, through the renderer of all texts
