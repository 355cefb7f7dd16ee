"""Words that no photo shows, by language: grammar, and what headings say of anything."""

from __future__ import annotations

from collections.abc import Mapping


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


EMPTY: Mapping[str, frozenset[str]] = {
    "en": _words(
        """
        a about above across after again against all along also always am among an and another answer answers any
        anyone anything are aren't around as ask asked at away back basics be became because become becomes been
        before began begin beginner beginners begins behind being below best better between beyond bit both brief
        but by called calls came can can't cannot cause caused causes chapter closer come comes conclusion could
        couldn't detail details did didn't do does doesn't doing don't done down during each else end ends enough
        even ever every everyone everything example examples explained explanation fact facts few find first for
        form found from full gave get gets getting give given gives go goes going gone good got guide had happen
        happened happening happens has hasn't have haven't having he her here hers herself him himself his
        history how however i idea ideas if importance in instead into introduction is isn't it its itself just
        keep key know known last later least less lesson let let's like likely long look looked looking looks lot
        made make makes making many may maybe me mean means meet might mine more most mostly much must my myself
        need needs never new next no none nor not nothing now observe observed of off often old on once one ones
        only onto or other others otherwise our ours out over overview own part per perhaps point points put
        question questions quick rather really reason reasons recap right said same saw say says see seem seems
        seen several shall she short should shouldn't show shown shows simply since so some something soon start
        started steps still story such summary sure take takeaway takeaways taken takes tell than that the their
        theirs them themselves then there these they thing things think this those three through thus tips to
        today together told too took topic toward tried try trying turn turns tutorial two under understand
        understanding until unto up upon us use used uses using very want was wasn't way we welcome well went
        were weren't what whatever when where whether which while who whole whom whose why will with within
        without won't work works would wouldn't yes yet you your yours yourself
        """
    ),
    "de": _words(
        """
        aber alle allem allen aller alles als also am an ander andere anderen auch auf aus bei beim bin bis bist
        da dabei damit danach dann darum das dass dein deine dem den denn der des dich die dies diese diesem
        diesen dieser dieses doch dort du durch ein eine einem einen einer eines einfach einführung er es etwas
        euch frage fragen für gegen geht geschichte gibt grundlagen haben hat hatte hier hinter ich ihm ihn ihr
        ihre im immer in ins ist jede jeder jedes jetzt kann kein keine kurz können man mehr mein mit muss nach
        nicht nichts noch nun nur ob oder ohne sehr sein seine sich sie sind so soll sowie um und uns unser unter
        viel vom von vor wann war warum was weil weiter welche wenn wer werden wie wieder wir wird wo wozu zu zum
        zur zusammenfassung zwischen über überblick
        """
    ),
    "fr": _words(
        """
        ai alors au aussi autre aux avec avoir c'est ce cela celle celui ces cet cette chaque chez ci comme
        comment d d'un d'une dans de depuis des deux donc dont du elle elles en encore entre es est et eux fait
        histoire il ils introduction je l la le les leur leurs lui ma mais me mes moi mon même ne nos notre nous
        on ont ou où par parce pas peu peut plus pour pourquoi qu qu'est quand que quel quelle quelles quels
        question questions qui quoi résumé sa sans se ses si son sont sous sur ta te tes toi ton tous tout toute
        toutes très tu un une vers vos votre vous y été être
        """
    ),
    "es": _words(
        """
        a al algo como con contra cuando cuál cuándo cómo de del desde donde dos dónde e el ella ellas ellos en
        entre era es esa ese eso esta este esto estos está están fue ha hacia hasta hay historia introducción la
        las le les lo los me mi mismo muy más nada ni no nos nosotros o para pero poco por porque pregunta
        preguntas que quien quién qué resumen se sea ser si sin sobre solo son su sus sí también te tiene todo
        todos tu un una uno unos y ya yo
        """
    ),
    "it": _words(
        """
        a ai al alla alle anche c che chi ci come con cosa cui da dai dal dalla dei del della delle di domanda
        domande dove e ed era gli ha hanno i il in introduzione io la le lo loro ma mi nei nel nella noi non o
        ogni per perché più poi quale quando quello questa questo riassunto se si sia sono storia su sua sue sul
        sulla suo suoi te ti tra tu tutti tutto un una uno vi voi è
        """
    ),
    "pt": _words(
        """
        a ao aos as até com como da das de dela dele do dos e ela ele eles em entre era essa esse esta este está
        eu foi história há introdução isso já lhe mais mas me mesmo meu muito na nas nem no nos não nós o os ou
        para pela pelo pergunta perguntas por porque qual quando que quem resumo se sem ser seu seus sobre sua
        suas são só também te tem tudo um uma umas uns você às é
        """
    ),
    "nl": _words(
        """
        aan al alle als bij dan dat de deze die dit doe doet door dus een en er geschiedenis het hier hij hoe hun
        ik in inleiding is je kan maar mee meer men met mijn naar niet niets nog nu of om onder ons ook op over
        samenvatting te tegen toch toen tot uit van veel voor vraag vragen waar waarom want waren was wat we wel
        werd wie wij worden wordt zal ze zich zij zijn zo zonder
        """
    ),
}
