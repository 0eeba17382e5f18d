//! The words that timetables use for candidates and for extra time, in the languages of the exports we know: English,
//! German, French, Spanish, Italian, Swedish, Danish, Norwegian, Dutch. Parts of regular expressions; case does not
//! matter. A boundary in front of a word is one of ASCII, because that costs nothing in a text with accents.

/// People who sit an exam, many or one.
pub(super) const PEOPLE: &str = r"(?:(?-u:\b)(?:candidates?|entrants?|examinees?|students?|pupils?|people|persons?|teilnehmer(?:innen)?|teilnehmende|personen|prüflinge|studierende|kandidaten|kandidater|candidats?|personnes|inscrits|candidat[oi]s?|estudiantes|alumnos|personas|inscritos|studenti|iscritti|studenter|studerende|tentander|deltagare|deltakere|deltagere|personer|studenten|deelnemers|anmälda)|étudiants?)";

/// What stands before a colon and a number of candidates, and is not a word for people. TimeEdit's "Antal datorer" counts
/// the computers that are booked for an exam.
pub(super) const COUNTED: &str = r"(?:(?-u:\b)(?:entries|cohort(?: size)?|expected|registered|registrations|enrolled|enrolments?|enrollments?|teilnehmerzahl|teilnehmeranzahl|anmeldungen|anzahl|effectifs?|participants|matriculados|participantes|participanti|antal(?: datorer| platser| tilmeldte)?|antall(?: oppmeldte)?|oppmeldte|tilmeldte|aantal|inschrijvingen|ingeschreven)|étudiantes)";

/// More time than is written.
pub(super) const EXTRA: &str = r"(?:(?-u:\b)(?:(?-i:ET|NTA)(?-u:\b)|access arrangements?|reasonable adjustments?|time and a half|double time|rest breaks?|zeitzuschlag|1/3[ -]temps|extra[ -]time|additional time|extended time|time extension|more time|zeitverlängerung|schreibzeitverlängerung|prüfungszeitverlängerung|nachteilsausgleich|tiers[ -]temps|temps (?:majoré|supplémentaire|additionnel)|majoration de temps|tiempo (?:adicional|extra|suplementario)|tempo (?:aggiuntivo|supplementare)|förlängd (?:skriv)?tid|extra (?:skriv)?tid|ekstra tid|utvidet tid|forlænget tid|extra tijd|verlengde tijd|tijdverlenging))";

/// That there is none of what follows.
pub(super) const NONE: &str = r"(?-u:\b)(?:no|without|keine?|keinen|ohne|sans|aucun|pas de|sin|senza|ingen|utan|uden|uten|geen|zonder)";

/// Between people and what they have.
pub(super) const HAVE: &str = r"(?-u:\b)(?:with|have|has|gets?|at|of them|mit|haben|erhalten|avec|ont|bénéficient|con|tienen|med|har|får|met|hebben|krijgen)";

/// Between what is given and the people it is given to.
pub(super) const FOR: &str = r"(?-u:\b)(?:for|für|pour|para|per|för|till|til|voor)";

/// Every candidate.
pub(super) const ALL: &str =
    r"(?-u:\b)(?:all|everybody|everyone|alle|tous|todos|tutti|alla|iedereen)(?: PEOPLE)?";

/// Before a number that is not exact.
pub(super) const ABOUT: &str = r"(?:about|approx(?:\.|imately)?|around|ca\.?|circa|cirka|etwa|rund|env(?:\.|iron)|unos|ungefär|ongeveer|~)";

/// Of people: that they are on the list.
pub(super) const ENTERED: &str = r"(?:registered|enrolled|expected|entered|angemeldete|gemeldete|inscrits?|registrerade|anmälda|tilmeldte|oppmeldte|ingeschreven)";

/// Between people and what they share.
pub(super) const PER: &str = r"(?:per|each|pro|je|par|por|a|an|i varje)(?-u:\b)";

/// Where some of a cohort sit.
pub(super) const ROOM_WORDS: &str = r"(?-u:\b)(?:rooms?|halls?|labs?|raum|räume|hörsaal|saal|salle|amphi|aula|sala|sal|lokal|zaal)(?-u:\b)";
