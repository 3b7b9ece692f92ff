"""Words that bind a sentence and say nothing of its subject, by language.

Written for this project from the closed classes of each grammar: articles, pronouns, prepositions, conjunctions,
auxiliaries, particles, the commonest adverbs. No nouns or verbs with a meaning of their own: "system", "research" or
"computer", which the lists of common packages hold, are what an article may be about. Parts that an apostrophe leaves
("don't", "qu'il") are listed as they are read. Scripts read as pairs of characters have none.
"""

_WORDS = {
    "am": """
        እና ወይም ግን ነገር ነው ናቸው ነበር ነበሩ ነበረ አለ አሉ የለም አይደለም ላይ ውስጥ ስር ጋር ወደ እስከ ድረስ በኋላ በፊት መካከል ስለ እንደ እንዲሁም ደግሞ ብቻ እኔ
        አንተ አንቺ እሱ እሷ እኛ እናንተ እነሱ እርሱ እርሷ ይህ ይህን ይህች እነዚህ እነዚያ ማን ምን የት መቼ ለምን እንዴት ስንት ሁሉ ሁሉም ሌላ ሌሎች አንድ በጣም ሲሆን ሆኖም
    """,
    "ar": """
        في من على إلى الى عن مع بعد قبل بين حتى منذ عند لدى خلال حول ضد دون فوق تحت أمام وراء أو او أم ثم بل لكن ولكن
        لا لم لن ما ليس ليست إن أن ان إذا اذا لو كما كان كانت يكون تكون كانوا قد لقد هو هي هم هن نحن أنا أنت هذا هذه
        ذلك تلك هؤلاء الذي التي الذين اللذان ماذا متى أين كيف هل كل بعض أي غير سوى أيضا ايضا فقط جدا هناك هنا حيث
        عندما بينما لأن كي سوف وقد وهو وهي وفي ومن وعلى وإلى وأن وإن وكان وكانت فيه فيها منه منها عليه عليها به بها له
        لها لهم بهذا لهذا وهذا أما إلا الا نحو مثل
    """,
    "bg": """
        но или да не на във със за от до по при към без под над пред след между през около върху относно че ако като
        когато докато защото понеже дали къде как кога кой коя кое кои какъв каква какво какви този тази това тези
        онзи онази онова онези аз ти той тя то ние вие те мен теб него нея нас вас тях ми му ни ви им си се го ги мой
        моя твой твоя негов неговата нейн наш ваш техен свой своя съм сме сте са бях беше бяха бъде бъдат бил била
        било били ще щеше има няма имаше може могат трябва вече още само също така там тук тогава сега много малко най
        все всички всеки някой нещо никой нищо обаче който която което които
    """,
    "bn": """
        এবং আর কিন্তু বা অথবা যে যা যদি তবে তাহলে কারণ জন্য জন্যে থেকে হতে পর পরে আগে মধ্যে সঙ্গে সাথে দিয়ে দ্বারা
        কাছে উপর নিচে পর্যন্ত প্রতি আমি আমরা তুমি তোমরা আপনি আপনারা সে তিনি তারা তাঁরা এটা এটি এই ওই সেই ওটা কি কী কে
        কেন কোথায় কখন কীভাবে কোন কত আমার আমাদের তোমার আপনার তার তাঁর তাদের তাঁদের এর না নয় নেই হয় হয়ে হয়েছে হচ্ছে
        হবে হলো ছিল ছিলেন আছে আছেন করে করা করেন করেছে করেছেন করতে করার বলে সব সকল কিছু অনেক আরও শুধু তখন এখন এখানে
        সেখানে যখন যেমন তেমন মতো যিনি যারা যার
    """,
    "ca": """
        el la els les un una uns unes de del dels al als en amb per pel pels sense sobre sota entre fins des contra
        cap ni però sinó que qui què quan on com perquè si mentre doncs jo tu ell ella nosaltres vosaltres ells elles
        em et es ens us li ho hi ne me te se meu meva teu teva seu seva nostre nostra vostre vostra seus seves aquest
        aquesta aquests aquestes aquell aquella això allò és són era eren ser estar està estan ha han he hem havia
        havien haver fou va van vaig no sí també ja més menys molt poc tot tota tots totes altre altra altres cada
        mateix mateixa tan tant només aquí allà ara encara quina quin
    """,
    "cs": """
        ale nebo ani že aby když jako protože však tedy než pokud zda jestli ve na do ze se ke od po pro při za před
        přes pod nad mezi bez podle během kolem proti kvůli díky já ty on ona ono my vy oni ony mě mne mi mně tě ti
        jeho jej ho mu jí ji nás nám vás vám jich jim je nich nim ním ní můj má mé tvůj svůj své svou náš vaše její
        jejich ten ta to tento tato toto tyto tom toho tomu tím těch tak taky také tady tam teď už jen jenom ještě
        velmi více méně jsem jsi jsme jste jsou byl byla bylo byli byly být bude budou by bych bychom není nejsou mají
        měl měla může mohou musí lze kdo co kde kdy jak proč který která které kteří kterou kterého jaký jaká jaké
        každý všechny vše všichni něco někdo nic nikdo ne ano
    """,
    "da": """
        og jeg det at en et den til er som på de med han af for ikke der var mig sig men har om vi min havde ham hun
        nu over da fra du ud sin dem os op man hans hvor eller hvad skal selv her alle vil blev kunne ind når være dog
        noget ville jo deres efter ned skulle denne end dette mit også under have dig anden hende mine alt meget sit
        sine vor mod disse hvis din nogle hos blive mange ad bliver hendes været thi jer sådan kan kun hvordan hvorfor
        hvem hvilken hvilket hvilke mellem uden ved siden fordi både samt få får fik må jeres vores lige så mere mest
    """,
    "de": """
        der die das den dem des ein eine einen einem einer eines kein keine keinen keinem keiner und oder aber sondern
        denn doch als wie wenn weil dass daß ob damit obwohl während bis seit bevor nachdem in im ins an am ans auf
        aus bei beim von vom zu zum zur mit nach vor über unter für durch gegen ohne um zwischen hinter neben trotz
        wegen ich du er sie es wir ihr mich dich sich uns euch mir dir ihm ihn ihnen mein meine meinen meinem meiner
        dein deine sein seine seinen seinem seiner seines ihre ihren ihrem ihrer ihres unser unsere unserer unseren
        euer eure dieser diese dieses diesen diesem jener jene jenes welcher welche welches jeder jede jedes jeden
        alle allem allen aller alles man wer was wo wann warum wohin woher bin bist ist sind seid war waren warst
        gewesen haben habe hast hat habt hatte hatten gehabt werden werde wird wirst wurde wurden worden würde würden
        kann können könnte könnten konnte konnten muss müssen musste soll sollen sollte sollten will wollen wollte
        darf dürfen mag möchte nicht nichts auch nur noch schon so sehr mehr hier da dort dann nun jetzt immer wieder
        etwa also bereits sowie dabei dazu daher darum einige einiger anderen andere anderer anderes selbst etwas viel
        viele wenig zwar ja nein mal
    """,
    "el": """
        το οι τα του της των τον την τους τις ένας μία μια ένα ενός μιας και κι είτε αλλά όμως ενώ αν εάν όταν όπως
        ότι πως που να για γιατί επειδή διότι ώστε σε στο στη στην στον στα στους στις από με χωρίς προς κατά μετά
        πριν μέχρι έως παρά αντί υπό υπέρ μεταξύ εγώ εσύ αυτός αυτή αυτό αυτοί αυτές αυτά αυτού αυτής αυτών αυτόν
        εμείς εσείς μου σου μας σας εκείνος εκείνη εκείνο τούτο ποιος ποια ποιο τι πού πότε πώς όσο όσα όσοι οποίος
        οποία οποίο οποίοι οποίες οποίων οποίου είμαι είσαι είναι είμαστε ήταν ήμουν έχω έχεις έχει έχουμε έχουν είχε
        είχαν θα δεν δε μην μη όχι ναι πολύ πιο πλέον μόνο επίσης ακόμα ακόμη ήδη τώρα εδώ εκεί τότε κάθε κάποιος
        κάποια κάποιο όλα όλοι όλες όλο άλλο άλλα άλλοι έτσι δηλαδή καθώς μπορεί πρέπει
    """,
    "en": """
        about above across after again against ain all almost alone along already also although always am among
        amongst an and another any anybody anyone anything anyway anywhere are aren around as at be became because
        become becomes been before beforehand behind being below beside besides between beyond both but by can cannot
        cant could couldn did didn do does doesn doing don done down during each either else elsewhere enough etc even
        ever every everybody everyone everything everywhere except few for from further had hadn has hasn have haven
        having he hence her here hereby herein hers herself him himself his how however if in indeed instead into is
        isn it its itself just last least less let like ll many may maybe me meanwhile might mightn mine more moreover
        most mostly much must mustn my myself namely near needn neither never nevertheless next no nobody none nor not
        nothing now nowhere of off often on once one only onto or other others otherwise ought our ours ourselves out
        over own per perhaps quite rather re really same shall shan she should shouldn since so some somebody somehow
        someone something sometime sometimes somewhat somewhere still such than that the their theirs them themselves
        then thence there thereafter thereby therefore therein these they this those though through throughout thus to
        together too toward towards under unless until up upon us ve very via was wasn we well were weren what
        whatever when whence whenever where whereas whereby wherein wherever whether which whichever while whither who
        whoever whole whom whose why will with within without won would wouldn yes yet you your yours yourself
        yourselves
    """,
    "es": """
        el la los las lo un una unos unas al del de ante bajo con contra desde durante en entre hacia hasta mediante
        para por según sin sobre tras ni pero sino mas aunque porque pues que si como cuando donde mientras yo tú tu
        él ella ello usted ustedes nosotros nosotras vosotros ellos ellas me te se nos os le les mi mis tus su sus mío
        mía tuyo suyo suya suyos suyas nuestro nuestra nuestros nuestras vuestro vuestra este esta esto estos estas
        ese esa eso esos esas aquel aquella aquello aquellos aquellas qué quién quien quienes cuál cual cuales cuándo
        cuánto cuanto dónde cómo cuyo cuya es son era eran fue fueron ser sido siendo soy eres somos está están estaba
        estaban estar estado estoy sea sean será serán sería ha han he hemos había habían haber habrá hay hubo haya
        hayan tiene tienen tener tenía puede pueden no sí ya más menos muy mucho mucha muchos muchas poco poca pocos
        todo toda todos todas otro otra otros otras algo alguien alguno alguna algunos algunas algún nada nadie
        ninguno ninguna ningún cada mismo misma mismos mismas tan tanto tanta también tampoco solo sólo así aquí ahí
        allí ahora entonces luego siempre nunca aún todavía además incluso casi
    """,
    "fa": """
        در به از که این آن را با برای تا بر است هست بود شد شده شود می نمی ها های ای یا اما ولی اگر چون زیرا هم نیز همه
        هر چه چی چرا کجا کی چگونه چطور من تو او ما شما آنها آنان ایشان خود خویش یک یکی دیگر هیچ بعضی برخی بین میان روی
        زیر بالا پیش پس بعد قبل کرد کرده کند کنند کردن باشد باشند بودند هستند نیست نبود باید نباید خواهد خواهند داشت
        دارد دارند داشته شدند همین همان چنین چنان بی جز مگر فقط تنها خیلی بسیار بیشتر کمتر اکنون حالا هنوز وقتی
    """,
    "fi": """
        ja tai sekä mutta vaan eli että jotta koska kun jos vaikka kuin kuten niin myös ei en et emme ette eivät älä
        on ole olen olet olemme olette ovat oli olivat ollut olleet olla olisi olisivat ollaan minä sinä hän me te he
        se ne tämä nämä tuo nuo minun sinun hänen meidän teidän heidän sen niiden tämän näiden tuon minua häntä sitä
        niitä tätä näitä minulla hänellä heillä siinä tässä siitä tästä siihen tähän siellä täällä sinne tänne joka
        jotka jonka joiden jota joita jossa joissa josta joista johon joille jolla joilla kuka mikä mitä mitkä missä
        mistä mihin milloin miten miksi joku jokin kaikki moni monet muu muut itse vain jo vielä nyt sitten aina ennen
        jälkeen kanssa ilman yli alle päällä välillä mukaan vastaan asti ehkä enemmän hyvin noin
    """,
    "fr": """
        le la les un une des du de au aux en dans sur sous par pour avec sans chez vers entre depuis pendant avant
        après contre dès jusqu jusque selon lors parmi et ou où ni mais donc or car que qu qui quoi dont quand comme
        comment pourquoi si lorsque lorsqu puisque puisqu parce quoique tandis ainsi je tu il elle on nous vous ils
        elles me te se moi toi lui leur leurs eux mon ma mes ton ta tes son sa ses notre nos votre vos ce cet cette
        ces ceci cela ça celui celle ceux celles quel quelle quels quelles lequel laquelle lesquels lesquelles ne pas
        plus moins point jamais rien aucun aucune personne être est suis es sommes êtes sont était étaient étais été
        étant sera seront serait seraient soit soient fut furent avoir ai as avons avez ont avait avaient avais eu
        ayant aura auront aurait auraient ait aient peut peuvent doit doivent faut fait très trop peu beaucoup tout
        toute tous toutes autre autres même mêmes chaque plusieurs quelque quelques certain certaine certains
        certaines tel telle tels telles aussi encore déjà toujours alors ici là puis ensuite enfin seulement bien non
        oui afin cependant toutefois néanmoins aujourd hui
    """,
    "ga": """
        an na agus nó ach in sa san ar ag as do de le faoi go chun gan idir um trí roimh thar is ba tá bhí níl raibh
        bhfuil beidh bheadh mé tú sé sí muid sibh siad mo mh bh dt iad seo sin siúd cé cad cá conas nuair má dá mar
        nach ní níor nár gur chomh freisin aon gach eile féin air uirthi orthu leis léi leo aige aici acu dó di dóibh
        ann inti iontu
    """,
    "he": """
        של על את אל עם מן אם כי או אבל אך גם רק לא כן יש אין היה היתה הייתה היו יהיה תהיה יהיו להיות הוא היא הם הן אני
        אתה אנחנו אתם זה זו זאת אלה אלו אשר כל כמו כך כאן שם אז עוד כבר מאוד יותר פחות בין לפני אחרי תחת מעל נגד ללא
        בלי עד לפי בגלל כדי למרות מה מי מתי איפה איך למה מדוע איזה שלו שלה שלהם שלי שלנו שלך לו לה להם לי לנו לך בו בה
        בהם אותו אותה אותם ממנו ממנה עליו עליה אליו אליה אחר אחרת אחרים עצמו עצמה כאשר כש לאחר תוך אף אפילו היום עכשיו
    """,
    "hi": """
        का के की को में से पर ने और या तथा एवं लेकिन परंतु कि जो जिस जिन जिसे जिसके जिसकी जिनके तो यदि अगर क्योंकि
        इसलिए जब तब जहाँ वहाँ यहाँ कहाँ कब क्यों कैसे कौन क्या कुछ कोई सब सभी हर अन्य दूसरे मैं हम तुम आप वह वे यह ये
        इस उस इन उन इसे उसे इसके उसके इसकी उसकी इनके उनके उनकी उन्हें इन्हें मेरा मेरे हमारे हमारा आपके अपना अपने अपनी
        है हैं था थे थी हो होता होती होते होना होने हुआ हुई हुए होगा होंगे होगी कर करना करने करते करता करती किया किए
        गया गई गए जा जाता जाती जाते रहा रहे रही दिया दी लिए लिये साथ बाद पहले तक द्वारा बीच ऊपर नीचे बारे नहीं मत भी
        ही बहुत अधिक सकता सकते सकती चाहिए वाला वाले वाली जैसे ऐसे अब अभी फिर केवल
    """,
    "hr": """
        ali ili te pa niti nego već da ne je su sam si smo ste bio bila bilo bili biti bit će ćemo ćete ću bi bih nije
        nisu na za od do sa iz po pri ka kod pred nad pod među kroz uz bez prema oko zbog nakon prije ja ti on ona ono
        mi vi oni one me ga nas vas ih mu joj im moj tvoj njegov njezin naš vaš njihov svoj svoja svoje se sebe taj ta
        to ovaj ova ovo ovi tko što koji koja koje kojih kojem koju gdje kada kad kako zašto ako jer dok iako kao tako
        također još samo sve svi svaki neki nešto nitko ništa više manje vrlo tu tamo sada onda ima imaju može mogu
        treba
    """,
    "hu": """
        az egy és vagy de hanem hogy ha mert mint is sem ne nem igen csak már még meg el ki be fel le át oda ide én te
        mi ti ők engem téged őt minket titeket őket ez ezt ezek ezeket azt azok azokat ennek annak ebben abban erre
        arra ezzel azzal aki akik akit ami amit amely amelyek amelyet amelynek ahol amikor ahogy mit hol mikor hogyan
        miért milyen melyik van vannak volt voltak vagyok vagyunk lesz lesznek lett lenne lehet lehetett kell fog
        fognak között alatt felett fölött előtt után mellett által szerint miatt nélkül ellen felé óta során iránt
        minden mindenki valami valaki semmi senki más több kevés sok nagyon nagyobb itt ott most akkor így úgy majd
        pedig azonban tehát illetve valamint saját maga
    """,
    "id": """
        yang dan di ke dari untuk pada dengan dalam ini itu adalah ialah atau tetapi tapi namun sebagai oleh karena
        sebab agar supaya jika kalau bila apabila bahwa maka sehingga saat ketika sementara sambil setelah sesudah
        sebelum sejak hingga sampai antara terhadap tentang mengenai bagi tanpa atas bawah saya aku kamu anda dia ia
        kami kita mereka nya beliau siapa apa mana kapan mengapa kenapa bagaimana berapa tidak bukan belum jangan tak
        sudah telah sedang akan masih lagi juga pun hanya saja dapat bisa harus ada adanya para sangat lebih paling
        semua setiap beberapa banyak sedikit lain lainnya sendiri sini situ sana begitu begini yaitu yakni seperti
        serta secara demikian tersebut
    """,
    "it": """
        il lo la gli le un uno una di da in con su per tra fra del dello della dei degli delle dell al allo alla ai
        agli alle all dal dallo dalla dai dagli dalle dall nel nello nella nei negli nelle nell sul sullo sulla sui
        sugli sulle sull col coi ed od ma però anche ancora né se che chi cui quando dove come perché poiché mentre
        benché quindi dunque infatti io tu lui lei egli ella noi voi loro essi esse mi ti ci vi si me te ne li glielo
        mio mia miei mie tuo tua suo sua suoi sue nostro nostra nostri vostro vostra questo questa questi queste
        quello quella quelli quelle quel quell quegli ciò quale quali quanto quanta sono sei siamo siete era erano ero
        essere stato stata stati state sia siano sarà saranno sarebbe fu furono ho hai ha abbiamo avete hanno aveva
        avevano avere avuto abbia abbiano avrà avrebbe può possono deve devono fa non no sì più meno molto molta molti
        molte poco pochi tutto tutta tutti tutte altro altra altri altre ogni alcuni alcune qualche stesso stessa così
        già solo sempre mai qui qua lì là ora poi dopo prima senza sotto sopra contro verso fino durante dentro fuori
        oltre presso
    """,
    "nl": """
        de het een en of maar want dus dat die dit deze als dan toen omdat zodat hoewel terwijl tot sinds in op aan
        bij met van voor naar uit over onder door tegen zonder tussen om te na achter naast tijdens volgens vanaf ik
        jij je hij zij ze wij we jullie mij me jou hem haar ons hen hun zich mijn jouw uw zijn onze wie wat waar
        wanneer waarom hoe welke welk is ben bent was waren wezen geweest heb hebt heeft hebben had hadden gehad word
        wordt worden werd werden geworden zal zult zullen zou zouden kan kun kunnen kon konden moet moeten moest mag
        mogen wil willen wilde niet geen niets ook nog al alle alles veel meer minder zeer heel erg er hier daar nu
        weer wel toch zo alleen elk elke ieder iedere andere ander iets iemand niemand zelf eens altijd nooit daarom
        waarin waarvan waarop hierbij
    """,
    "no": """
        og jeg det at en et ei den til er som på de med han av for ikke der var meg seg men har om vi min hadde ham
        hun nå over da fra du ut sin dem oss opp man hans hvor eller hva skal selv her alle vil ble kunne inn når være
        noe ville jo deres etter ned skulle denne enn dette mitt også under ha deg annen henne mine alt mye sitt sine
        vår mot disse hvis din noen hos bli mange blir hennes vært dere slik kan bare hvordan hvorfor hvem hvilken
        hvilket mellom uten ved siden fordi både samt få får fikk må så mer mest eg ikkje frå dei ho me vere vart kva
        kven korleis kvifor noko nokon berre
    """,
    "pl": """
        oraz ale lecz lub albo ani że żeby aby by jeśli jeżeli gdy kiedy bo ponieważ więc jednak natomiast chociaż
        choć jak niż czy we na do ze od po za przed przez przy pod nad między bez dla ku według podczas wobec oprócz
        ja ty on ona ono my wy oni one mnie mi ciebie ci tobie jego go jemu mu jej ją nas nam was wam ich im nich nim
        nią niego niej mój moja moje twój swój swoje swoją swoich nasz nasza wasz ten ta to te tego tej temu tym tych
        tę tą tam tu tutaj tak taki taka takie który która które którzy którego której których którym którą kto co
        czego czym gdzie dlaczego jaki jaka jakie jestem jesteś jest jesteśmy są był była było byli były być będzie
        będą bym ma mają miał miała może mogą można trzeba nie już jeszcze tylko także również też bardzo bardziej
        mniej więcej wszystko wszystkie wszyscy każdy każda inny inne nic nikt coś ktoś się siebie sobie sam sama
        teraz wtedy zawsze nigdy
    """,
    "pt": """
        os as um uma uns umas de do da dos das em no na nos nas num numa ao aos às por pelo pela pelos pelas para pra
        com sem sob sobre entre até desde contra após ante durante ou nem mas porém contudo porque pois que se como
        quando onde enquanto embora eu tu ele ela você nós vós eles elas vocês me te lhe lhes vos meu minha meus
        minhas teu tua seu sua seus suas nosso nossa nossos nossas este esta isto estes estas esse essa isso esses
        essas aquele aquela aquilo aqueles aquelas neste nesta nesse nessa deste desta desse dessa quem qual quais
        cujo cuja quanto são era eram foi foram ser sido sendo sou somos está estão estava estavam estar esteve seja
        sejam será serão seria há ter tem têm tinha tinham tido teve tenha houve havia pode podem deve devem não sim
        já mais menos muito muita muitos muitas pouco poucos todo toda todos todas tudo outro outra outros outras algo
        alguém algum alguma alguns algumas nada ninguém nenhum nenhuma cada mesmo mesma tão tanto também só apenas
        assim aqui ali lá agora então depois antes ainda sempre nunca além
    """,
    "ro": """
        și si sau ori dar iar însă ci că ca să dacă deși fiindcă pentru de la în din pe cu fără spre prin între sub
        peste după până către despre contra lângă un unei unui unor niște al ai ale cel cea cei cele eu tu el ea noi
        voi ei ele mă te îl îi ne vă le se își mi ți lui lor meu mea mei mele tău ta său sa săi sale nostru noastră
        vostru acest această acesta aceasta acești aceste acel acea acela aceea acei acele care cine ce când unde cum
        cât câți sunt ești este suntem sunteți era erau fost fi fie fiind va vor vei am are avem aveți au avea aș ar
        poate pot trebuie nu da mai foarte mult multe mulți puțin tot toate toți toată alt altă alte alți fiecare
        același aceeași aici acolo acum atunci apoi doar numai încă deja astfel precum nici
    """,
    "ru": """
        но или либо да не ни же бы ли что чтобы как когда если хотя пока потому поэтому так также тоже зато однако во
        на со ко по за из изо от до об обо для без при про над под между перед через после около против среди вместо
        кроме ради ты он она оно мы вы они меня мне мной тебя тебе его ему им него нему ним ее её ей нее ней нас нам
        нами вас вам вами их ими них ними мой моя мое моё мои твой наш наша наше наши ваш ваша свой своя свое своё
        свои своего своей своих себя себе собой этот эта это эти этого этой этому этим этих тот та то те того той тому
        тем тех такой такая такое такие который которая которое которые которого которой которых которым которую кто
        кого кому чем чего где куда откуда почему зачем какой какая какое какие сколько быть был была было были есть
        будет будут буду является являются может могут можно нужно надо нет уже еще ещё только лишь очень более менее
        все всё весь вся всех всего всем каждый другой другие другая сам сама сами само самый никто ничего там тут
        здесь туда сюда тогда теперь сейчас всегда никогда вот ведь даже уж
    """,
    "sk": """
        aj ale alebo ani že aby keď ak ako pretože lebo však teda než či vo na do zo so ku od po pre pri za pred cez
        pod nad medzi bez podľa počas okolo proti ja ty on ona ono my vy oni ony mňa ma mi teba ťa ti jeho ho mu jej
        ju nás nám vás vám ich im nich nim ním môj moja moje tvoj svoj svoje svoju náš váš ten tá to tí tie tento táto
        toto tieto tom toho tomu tým tých tak tiež tu tam teraz už len iba ešte veľmi viac menej som si je sme ste sú
        bol bola bolo boli byť bude budú by nie má majú mal mala môže môžu musí kto čo kde kedy prečo ktorý ktorá
        ktoré ktorí ktorú ktorého aký každý všetky všetko všetci niečo niekto nič nikto sa seba
    """,
    "sr": """
        али или те па нити него већ да не је су сам си смо сте био била било били бити ће ћемо ћу би није нису на за
        од до са из по при код пред над под међу кроз уз без према око због након пре ја ти он она оно ми ви они ме га
        нас вас их му јој им мој твој његов њен наш ваш њихов свој се себе тај та то ови овај ова ово ко шта што који
        која које којих где када како зашто ако јер док иако као тако такође још само све сви сваки неки нешто нико
        ништа више мање врло ту тамо сада онда има може ali ili te pa niti nego već da ne je su sam smo ste bio bila
        bilo bili biti će ćemo ću bi nije nisu na za od do sa iz po pri kod pred nad pod među kroz uz bez prema oko
        zbog nakon pre on ona ono mi vi oni me ga nas vas ih mu joj im moj tvoj njegov njen naš vaš njihov svoj se
        sebe taj ta to ovaj ova ovo ko šta što koji koja koje kojih gde kada kako zašto ako jer dok iako kao tako
        takođe još samo sve svi svaki neki nešto niko ništa više manje vrlo tu tamo sada onda ima može
    """,
    "sv": """
        och det att en ett jag hon han som på den med var sig för så till är men om hade de av icke inte mig du henne
        då sin nu har hans honom skulle hennes där min man ej vid kunde något från ut när efter upp vi dem vara vad
        över än dig kan sina här ha mot alla under någon eller allt mycket sedan ju denna själv detta åt utan varit
        hur ingen mitt ni bli blev oss din dessa några deras blir mina samma vilken er sådan vår blivit dess inom
        mellan sådant varför varje vilka ditt vem vilket sitt sådana vart dina vars vårt våra ert era vilkas ska skall
        också bara eftersom samt både medan genom hos in ned ner mer mest många få får fick måste ville vill
    """,
    "sw": """
        na ya wa za la cha vya kwa ni si katika hii hiyo hizo hili hilo haya hayo huo huu hao hawa huyu huyo yake yao
        yetu yako yangu wake wao wetu wako wangu zake zao lake lao chake mimi wewe yeye sisi nyinyi ambao ambaye
        ambayo ambalo kama lakini au pia bado tu sana kuwa ili hata baada kabla kutoka hadi mpaka juu chini ndani kati
        bila pamoja nini nani wapi lini vipi je hapana ndiyo alikuwa ilikuwa walikuwa amekuwa hivyo kila wengine
        nyingine mwingine
    """,
    "tr": """
        ve veya ya yahut ama fakat ancak lakin ise de da ki için ile gibi kadar göre sonra önce beri karşı doğru üzere
        rağmen dolayı ne nasıl niçin neden nerede zaman kim kimin hangi kaç eğer çünkü oysa yani hem bile sadece
        yalnız daha çok az pek en her bütün tüm bazı birçok hiç hiçbir bir biri birkaç başka diğer aynı ben sen biz
        siz onlar beni seni onu bizi sizi onları bana sana ona bize size onlara benim senin onun bizim sizin onların
        kendi kendisi bu şu bunu şunu buna şuna bunun bunlar şunlar böyle şöyle öyle burada orada şimdi değil var yok
        olan olarak olduğu olduğunu oldu olur olacak olmak olması olsa idi iken mi mı mu mü diye artık zaten hâlâ
        henüz eden etti etmek tarafından üzerinde arasında içinde
    """,
    "uk": """
        та але або чи не ні же би що щоб як коли якщо хоча поки бо тому так також теж проте однак на із зі до від по
        за для без при про над під між перед через після біля проти серед замість крім ти він вона воно ми ви вони
        мене мені тебе тобі його йому ним неї її їй нас нам вас вам їх їм ними них мій моя моє мої твій наш наша наше
        наші ваш свій своя своє свої своїх себе собі цей ця це ці цього цієї цьому цим цих той те ті того тієї тим тих
        такий така таке такі який яка яке які якого якої яких яким яку хто кого кому чим чого де куди звідки чому
        навіщо скільки бути був була було були буде будуть може можуть можна треба немає вже ще лише тільки дуже більш
        більше менше все весь вся всі всіх кожен інший інші сам сама самі ніхто нічого там тут тоді тепер зараз завжди
        ніколи ось навіть
    """,
    "ur": """
        کا کے کی کو میں سے پر نے اور یا لیکن مگر کہ جو جس جن جسے تو اگر کیونکہ اس لیے جب تب جہاں وہاں یہاں کہاں کب
        کیوں کیسے کون کیا کچھ کوئی سب ہر دوسرے ہم تم آپ وہ یہ ان انہیں اسے میرا میرے ہمارے ہمارا اپنا اپنے اپنی ہے ہیں
        تھا تھے تھی ہو ہوتا ہوتی ہوتے ہونا ہونے ہوا ہوئی ہوئے ہوگا کر کرنا کرنے کرتے کرتا گیا گئی گئے جا رہا رہے رہی
        دیا دی ساتھ بعد پہلے تک درمیان بارے نہیں نہ بھی ہی بہت زیادہ سکتا سکتے چاہیے والا والے والی جیسے ایسے اب ابھی
        پھر صرف
    """,
    "vi": """
        và của là có không các những được cho trong một với này đã để người từ đến về cũng ra khi như vào do thì mà
        nhưng hay hoặc nếu vì nên bởi tại theo trên dưới sau trước giữa ngoài cùng bằng đó kia ấy đây đang sẽ sắp vẫn
        còn chỉ rất quá lắm hơn nhất nhiều ít mọi mỗi từng nào gì ai đâu sao bao thế vậy rồi chưa chẳng phải bị tôi ta
        chúng mình anh chị ông bà nó họ bạn em lại lên xuống đi qua tới việc sự cái con chiếc hết cả tất rằng tuy dù
        song
    """,
}
_SAME = {"nb": "no", "nn": "no", "bs": "hr", "ms": "id"}


def stop_words(language: str) -> list[str]:
    """The stop words of a primary subtag as they are written; none where the project has no list."""
    return _WORDS.get(_SAME.get(language, language), "").split()
