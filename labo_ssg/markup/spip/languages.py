"""The language codes that a link may announce: those of ISO 639-1, and a few that SPIP adds."""

LANGUAGES = frozenset(
    """
    aa ab af am an ar as ast ay az ba be bem ber bg bh bi bm bn bo br bs ca co cpf cpf_hat cr cs cy da de dz el en eo
    es es_co es_mx et eu fa ff fi fj fo fon fr fr_fem fr_tu fy ga gd gl gn grc gu ha hac hbo he hi hr hu hy ia id ie
    ik is it iu ja jv ka kk kl km kn ko ks ku ky la lb ln lo lt lu lv man mfv mg mi mk ml mn mo mos mr ms mt my na nap
    ne nl no oc oc_auv oc_gsc oc_lms oc_lnc oc_ni oc_prv oc_va om or pa pbb pl prs ps pt pt_br qu rm rn ro roa ru rw
    sa sc scn sd sg sh si sk sl sm sn so sq sr src sro ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk
    ur uz vi vo wa wo xh yi yo za zh zh_tw zu
    """.split()
)
