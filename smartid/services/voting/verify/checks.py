"""The rules that an election must keep. ``ElectionInvalid.check`` names the one that was broken.

docs/reference/election-checks.md lists them; a test compares the two.
"""

from __future__ import annotations

from enum import StrEnum


class Check(StrEnum):
    """A rule of a board, of the logs behind it, or of an index of boards."""

    CONTAINER = "container"
    EVENT_CHAIN = "event-chain"
    EVENT_ORDER = "event-order"
    EVENT_RECORDS = "event-records"
    ELECTION = "election"
    ELECTION_KEY = "election-key"
    TRUSTEES = "trustees"
    ROLL_FORM = "roll-form"
    ROLL_GROUP = "roll-group"
    ROLL_DISTINCT = "roll-distinct"
    BALLOT_ELECTION = "ballot-election"
    BALLOT_FORM = "ballot-form"
    BALLOT_CREDENTIAL = "ballot-credential"
    BALLOT_REPEATED = "ballot-repeated"
    BALLOT_PROOF = "ballot-proof"
    BALLOT_SIGNATURE = "ballot-signature"
    BALLOT_OPENING = "ballot-opening"
    TALLY_COUNT = "tally-count"
    TALLY_VALUE = "tally-value"
    SHARE_FORM = "share-form"
    SHARE_OWNER = "share-owner"
    SHARE_PROOF = "share-proof"
    SHARE_BINDING = "share-binding"
    SHARE_COUNT = "share-count"
    RESULT_FORM = "result-form"
    RESULT_VALUE = "result-value"
    RESULT_BOUNDS = "result-bounds"
    STAGE = "stage"
    PREFIX = "prefix"
    COUNT = "count"
    EVIDENCE_ELECTION = "evidence-election"
    EVIDENCE_REGISTER = "evidence-register"
    EVIDENCE_ROLL = "evidence-roll"
    EVIDENCE_SIGNATURE = "evidence-signature"
    EVIDENCE_STATEMENT = "evidence-statement"
    EVIDENCE_CREDENTIAL = "evidence-credential"
    EVIDENCE_SEQUENCE = "evidence-sequence"
    EVIDENCE_MISSING = "evidence-missing"
    EVIDENCE_BALLOT = "evidence-ballot"
    EVIDENCE_ORDER = "evidence-order"
    EVIDENCE_ACCEPTANCE = "evidence-acceptance"
    EVIDENCE_TIME = "evidence-time"
    EVIDENCE_PAPER = "evidence-paper"
    EVIDENCE_CLOSE = "evidence-close"
    RECEIPT = "receipt"
    INDEX_SIGNATURE = "index-signature"
    INDEX_SHARDS = "index-shards"
    INDEX_CREDENTIALS = "index-credentials"

    @property
    def english(self) -> str:
        """The rule in one sentence."""
        return _SENTENCES[self][0]

    @property
    def persian(self) -> str:
        """The same in Persian."""
        return _SENTENCES[self][1]


_SENTENCES: dict[Check, tuple[str, str]] = {
    Check.CONTAINER: (
        "Every byte of the archive stands where its format says, and every record is named by its SHA-256.",
        "هر بایت بایگانی همان‌جاست که قالب آن می‌گوید و نام هر رکورد، SHA-256 همان رکورد است.",
    ),
    Check.EVENT_CHAIN: (
        "Every event names the one before it and is one higher.",
        "هر رویداد، رویداد پیش از خود را نام می‌برد و شماره‌اش یکی بیشتر است.",
    ),
    Check.EVENT_ORDER: (
        "Setup, ballots, end, encrypted tally, shares, result: in this order, and nothing after the result.",
        "آغاز، برگه‌ها، پایان، جمع رمزشده، سهم‌ها، نتیجه: به همین ترتیب و پس از نتیجه هیچ.",
    ),
    Check.EVENT_RECORDS: (
        "Every event has exactly the records that belong to it, and they name each other.",
        "هر رویداد دقیقاً رکوردهای خود را دارد و آن‌ها یکدیگر را نام می‌برند.",
    ),
    Check.ELECTION: (
        "The election record is well formed, and its group is one that we know.",
        "رکورد انتخابات درست نوشته شده و گروه ریاضی آن شناخته است.",
    ),
    Check.ELECTION_KEY: (
        "The key that ballots are encrypted with is the product of the trustees' keys.",
        "کلیدی که برگه‌ها با آن رمز می‌شوند، حاصل‌ضرب کلیدهای امینان است.",
    ),
    Check.TRUSTEES: (
        "Every trustee proves to know the key, and every group of trustees made its keys as the rules say.",
        "هر امین ثابت می‌کند کلیدش را می‌داند و هر گروه امینان کلیدهایش را طبق قاعده ساخته است.",
    ),
    Check.ROLL_FORM: (
        "The list of credentials is compact JSON and nothing else.",
        "فهرست کلیدهای رأی، JSON فشرده است و جز آن نیست.",
    ),
    Check.ROLL_GROUP: (
        "Every credential is an element of the group, and not 1.",
        "هر کلید رأی عضو گروه است و برابر ۱ نیست.",
    ),
    Check.ROLL_DISTINCT: (
        "No credential stands twice on the list.",
        "هیچ کلید رأیی دو بار در فهرست نیامده است.",
    ),
    Check.BALLOT_ELECTION: (
        "Every ballot names this election, by its uuid and by its fingerprint.",
        "هر برگه همین انتخابات را نام می‌برد؛ با شناسه و با اثر انگشت آن.",
    ),
    Check.BALLOT_FORM: (
        "Every ballot is written in the one canonical way, and every element in it lies in the group.",
        "هر برگه به تنها شیوهٔ معیار نوشته شده و همهٔ اعضای آن در گروه‌اند.",
    ),
    Check.BALLOT_CREDENTIAL: (
        "Every ballot is cast under a credential of the list.",
        "هر برگه با یکی از کلیدهای رأی فهرست داده شده است.",
    ),
    Check.BALLOT_REPEATED: (
        "No ballot stands twice on the board, so no old ballot comes back after a newer one.",
        "هیچ برگه‌ای دو بار روی تابلو نیست؛ پس برگهٔ کهنه پس از برگهٔ نو برنمی‌گردد.",
    ),
    Check.BALLOT_PROOF: (
        "Every ballot proves that each answer holds 0 or 1, and that the number of choices is allowed.",
        "هر برگه ثابت می‌کند که هر گزینه ۰ یا ۱ است و شمار انتخاب‌ها مجاز است.",
    ),
    Check.BALLOT_SIGNATURE: (
        "Every ballot is signed with the secret of its credential.",
        "هر برگه با راز کلید رأی خود امضا شده است.",
    ),
    Check.BALLOT_OPENING: (
        "An opened ballot says what its opening says; it is not on the board.",
        "برگهٔ گشوده همان را می‌گوید که گشایش آن می‌گوید؛ این برگه روی تابلو نیست.",
    ),
    Check.TALLY_COUNT: (
        "The tally says how many ballots count: the last one of every credential.",
        "جمع می‌گوید چند برگه شمرده می‌شود: آخرین برگهٔ هر کلید رأی.",
    ),
    Check.TALLY_VALUE: (
        "The encrypted tally is the product of the ballots that count.",
        "جمع رمزشده، حاصل‌ضرب برگه‌هایی است که شمرده می‌شوند.",
    ),
    Check.SHARE_FORM: (
        "Every share is written in the one canonical way and covers every answer.",
        "هر سهم به تنها شیوهٔ معیار نوشته شده و همهٔ گزینه‌ها را دربردارد.",
    ),
    Check.SHARE_OWNER: (
        "Every share belongs to a trustee of this election, who gives one.",
        "هر سهم از آنِ یکی از امینان همین انتخابات است و هر امین یک سهم می‌دهد.",
    ),
    Check.SHARE_PROOF: (
        "Every share is proved to come from its trustee's key and from this tally.",
        "ثابت است که هر سهم از کلید همان امین و از همین جمع به دست آمده است.",
    ),
    Check.SHARE_BINDING: (
        "A second proof, beside the archive, binds every share to its tally; the first one cannot.",
        "اثبات دومی هر سهم را به جمع آن گره می‌زند؛ این اثبات کنار بایگانی است و از اثبات نخست برنمی‌آید.",
    ),
    Check.SHARE_COUNT: (
        "Behind a result, every mandatory trustee and exactly the threshold of every group gave a share.",
        "پشت هر نتیجه، همهٔ امینان الزامی و از هر گروه دقیقاً به اندازهٔ حد نصاب سهم داده‌اند.",
    ),
    Check.RESULT_FORM: (
        "The result has one number for every answer, written in the one canonical way.",
        "نتیجه برای هر گزینه یک عدد دارد و به تنها شیوهٔ معیار نوشته شده است.",
    ),
    Check.RESULT_VALUE: (
        "The numbers of the result are what the shares decrypt the tally to.",
        "عددهای نتیجه همان است که سهم‌ها از جمع رمزگشایی می‌کنند.",
    ),
    Check.RESULT_BOUNDS: (
        "No answer has more votes than ballots count, and no question more choices than it allows.",
        "هیچ گزینه‌ای بیش از برگه‌های شمرده‌شده رأی ندارد و هیچ پرسشی بیش از حد مجاز انتخاب.",
    ),
    Check.STAGE: (
        "The election has come as far as was asked for.",
        "انتخابات به مرحله‌ای که خواسته شد رسیده است.",
    ),
    Check.PREFIX: (
        "The board goes on where an earlier copy of it ended.",
        "تابلو از همان‌جا ادامه یافته که نسخهٔ پیشین پایان یافته بود.",
    ),
    Check.COUNT: (
        "The board that is counted is the closed board without the ballots of revoked credentials.",
        "تابلوی شمارش همان تابلوی بسته‌شده است بی برگه‌های کلیدهای رأی باطل‌شده.",
    ),
    Check.EVIDENCE_ELECTION: (
        "The logs, their statements and the board are of one election.",
        "دفترها، متن‌های امضاشده و تابلو از یک انتخابات‌اند.",
    ),
    Check.EVIDENCE_REGISTER: (
        "People registered and voted under the version of the register that was in force.",
        "ثبت‌ها و رأی‌ها با همان نسخهٔ فهرست رأی‌دهندگان است که اعتبار داشت.",
    ),
    Check.EVIDENCE_ROLL: (
        "The list of credentials is exactly what eligible people registered.",
        "فهرست کلیدهای رأی دقیقاً همان است که افراد واجد شرایط ثبت کرده‌اند.",
    ),
    Check.EVIDENCE_SIGNATURE: (
        "Every statement is signed with a card that was good at the time, by the person in the log.",
        "هر متن با کارتی امضا شده که در آن زمان معتبر بود و از آنِ همان فردِ ثبت‌شده در دفتر است.",
    ),
    Check.EVIDENCE_STATEMENT: (
        "Every statement is about exactly these bytes, and about the sentence that was shown.",
        "هر متن دربارهٔ دقیقاً همین بایت‌ها و همان جمله‌ای است که نشان داده شد.",
    ),
    Check.EVIDENCE_CREDENTIAL: (
        "One person has one credential, and one credential one person.",
        "هر فرد یک کلید رأی دارد و هر کلید رأی یک فرد.",
    ),
    Check.EVIDENCE_SEQUENCE: (
        "What a person signed is numbered without a gap, in the order of the log.",
        "آنچه یک فرد امضا کرده بی‌جاافتادگی و به ترتیب دفتر شماره خورده است.",
    ),
    Check.EVIDENCE_MISSING: (
        "Every ballot on the board has its evidence.",
        "هر برگهٔ روی تابلو مدرک خود را دارد.",
    ),
    Check.EVIDENCE_BALLOT: (
        "Every ballot of the evidence log is on the board.",
        "هر برگهٔ دفتر مدارک روی تابلو هست.",
    ),
    Check.EVIDENCE_ORDER: (
        "Board and evidence log hold the same ballots in the same order.",
        "تابلو و دفتر مدارک همان برگه‌ها را به همان ترتیب دارند.",
    ),
    Check.EVIDENCE_ACCEPTANCE: (
        "The independent acceptance log holds the same trackers in the same order, and no more.",
        "دفتر مستقل پذیرش همان کدهای رهگیری را به همان ترتیب دارد و نه بیشتر.",
    ),
    Check.EVIDENCE_TIME: (
        "No ballot is dated after its acceptance, by whose clock the card was good as well.",
        "هیچ برگه‌ای تاریخی پس از پذیرش خود ندارد و کارت به ساعت دفتر پذیرش نیز معتبر بود.",
    ),
    Check.EVIDENCE_PAPER: (
        "Nothing counts of people who voted on paper, and only their ballots are left out.",
        "از کسانی که روی کاغذ رأی داده‌اند چیزی شمرده نمی‌شود و تنها برگه‌های آنان کنار می‌رود.",
    ),
    Check.EVIDENCE_CLOSE: (
        "Evidence log and board end together, and every line of a log says something that is known.",
        "دفتر مدارک و تابلو با هم پایان می‌یابند و هر سطر دفترها معنایی شناخته دارد.",
    ),
    Check.RECEIPT: (
        "The board has the event of a receipt, at its height and with its hash.",
        "تابلو رویدادِ رسید را در همان شماره و با همان درهم‌ساز دارد.",
    ),
    Check.INDEX_SIGNATURE: (
        "The list of boards is signed with a key that is expected.",
        "فهرست تابلوها با کلید مورد انتظار امضا شده است.",
    ),
    Check.INDEX_SHARDS: (
        "Every board of the list is there once, unchanged, and no other.",
        "هر تابلوی فهرست یک بار و دست‌نخورده هست و تابلوی دیگری نیست.",
    ),
    Check.INDEX_CREDENTIALS: (
        "No credential stands on the lists of two boards.",
        "هیچ کلید رأیی در فهرست دو تابلو نیامده است.",
    ),
}
