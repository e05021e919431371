"""Passwords that are tried first by whoever guesses, casefolded: the most common of those that were ever published."""

from functools import cache
from typing import Final

_WORDS: Final = """
123456 123456789 12345678 12345 1234567 1234567890 123123 111111 000000 121212 112233 654321 666666 696969 777777
888888 999999 555555 222222 333333 444444 1234 0000 1111 4321 12341234 11111111 00000000 88888888 87654321 987654321
0987654321 123321 1234321 12344321 123454321 147258369 159753 159357 147258 258456 741852963 789456 789456123 456789
456123 102030 101010 131313 141414 151515 171717 212121 232323 252525 313131 323232 420420 424242 454545 505050 525252
565656 676767 787878 898989 909090 100200 10203 01234567 012345 0123456789 123456a 123456b 123456q 123456z 123456m
123456s 1234qwer 12345qwert 123456qwerty 1q2w3e 1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx 1qaz2wsx3edc 1qazxsw2
2wsx3edc 3edc4rfv qazwsx qazwsxedc qazxsw zaq12wsx zaq1xsw2 zaq1zaq1 qweasd qweasdzxc qweqwe qwe123 qwer1234 qwert
qwerty qwerty1 qwerty12 qwerty123 qwerty1234 qwerty12345 qwerty123456 qwertyui qwertyuiop qwertz qwertz123 azerty
azerty123 azertyuiop asdf asdf1234 asdfasdf asdfg asdfgh asdfghj asdfghjk asdfghjkl asdasd asd123 zxcvbn zxcvbnm
zxcvbnm123 zxcvb zxczxc zxc123 poiuytrewq lkjhgfdsa mnbvcxz poiuyt rewq4321 !qaz2wsx !qaz@wsx 1qaz@wsx 1qaz!qaz
!qaz1qaz zaq!2wsx zaq!xsw2 q1w2e3 q1w2e3r4 q1w2e3r4t5 a1b2c3 a1b2c3d4 a1s2d3f4 abc123 abc1234 abc12345 abcd1234
abcde12345 abcd123 abcdef abcdefg abcdefgh abcabc aaaaaa aaaaaaaa a123456 a1234567 a12345678 a123456789 aa123456
aa12345678 aaa111 aaa123 az123456 q123456 qq123456 z123456 password password0 password1 password2 password3 password4
password5 password6 password7 password8 password9 password01 password10 password11 password12 password13 password21
password22 password23 password99 password00 password123 password1234 password12345 password123456 password321
password! password1! password12! password123! password1234! password!1 password!123 password@1 password@12
password@123 password@1234 password#1 password#123 password$1 password$123 password_1 password-1 password.1 password1@
password1# password1$ password123@ password123# password123$ password1!! password2020 password2021 password2022
password2023 password2024 password2025 password2026 password2020! password2021! password2022! password2023!
password2024! password2025! password2026! passw0rd passw0rd1 passw0rd12 passw0rd123 passw0rd! passw0rd1! passw0rd123!
passw0rd@1 passw0rd@123 p@ssword p@ssword1 p@ssword12 p@ssword123 p@ssword! p@ssword1! p@ssword123! p@ssw0rd p@ssw0rd!
p@ssw0rd1 p@ssw0rd12 p@ssw0rd123 p@ssw0rd1! p@ssw0rd12! p@ssw0rd123! p@ssw0rd1234 p@ssw0rd@123 p@ssw0rd2020
p@ssw0rd2021 p@ssw0rd2022 p@ssw0rd2023 p@ssw0rd2024 p@ssw0rd2025 p@ssw0rd2026 p@$$word p@$$word1 p@$$word123 p@$$w0rd
p@$$w0rd1 p@$$w0rd! p@$$w0rd1! p@$$w0rd123 p@$$w0rd123! pa$$word pa$$word1 pa$$word1! pa$$word123 pa$$w0rd pa$$w0rd1
pa$$w0rd! pa$$w0rd1! pa$$w0rd123 pa$$w0rd123! pa55word pa55word1 pa55word! pa55word1! pa55w0rd pa55w0rd1 pa55w0rd!
pa55w0rd1! pass pass1 pass12 pass123 pass1234 pass12345 pass123! pass1234! pass@123 pass@1234 pass@word1 pass@word123
pass@w0rd pass@w0rd1 pass#123 pass!123 passpass passport passwd passwd1 passwort passwort1 passwort1! passwort123
passwort123! contrasena contraseña contraseña1 motdepasse motdepasse1 senha senha123 senha@123 wachtwoord wachtwoord1
wachtwoord123 haslo haslo123 heslo heslo123 parola parola123 salasana parool sifre sifre123 mypassword mypassword1
mypass mypass123 newpassword newpassword1 newpass newpass1 newpass123 oldpassword yourpassword thepassword nopassword
nopass changeme changeme1 changeme! changeme1! changeme12 changeme123 changeme123! changeme@123 change_me change-me
changeit changeit1! changepassword changethis default default1 default123 default1! default123! secret secret1
secret12 secret123 secret1! secret123! secret@123 topsecret s3cret s3cr3t s3cr3t! letmein letmein1 letmein12
letmein123 letmein! letmein1! letmein123! letmein@123 l3tm31n welcome welcome0 welcome1 welcome2 welcome3 welcome01
welcome10 welcome11 welcome12 welcome123 welcome1234 welcome! welcome1! welcome12! welcome123! welcome@1 welcome@12
welcome@123 welcome@1234 welcome#1 welcome#123 welcome$1 welcome_1 welcome2020 welcome2021 welcome2022 welcome2023
welcome2024 welcome2025 welcome2026 welcome2020! welcome2021! welcome2022! welcome2023! welcome2024! welcome2025!
welcome2026! welcome@2020 welcome@2021 welcome@2022 welcome@2023 welcome@2024 welcome@2025 welcome@2026 welc0me
welc0me1 welc0me1! welc0me! w3lcome w3lcome1 w3lc0me w3lc0me1 willkommen willkommen1 willkommen1! bienvenue bienvenue1
bienvenido admin admin1 admin12 admin123 admin1234 admin12345 admin123456 admin! admin1! admin12! admin123! admin1234!
admin@1 admin@12 admin@123 admin@1234 admin@12345 admin#1 admin#123 admin#1234 admin$123 admin_123 admin-123 admin.123
admin!1 admin!123 admin!@# admin!@#$ admin2020 admin2021 admin2022 admin2023 admin2024 admin2025 admin2026 admin2020!
admin2021! admin2022! admin2023! admin2024! admin2025! admin2026! admin@2020 admin@2021 admin@2022 admin@2023
admin@2024 admin@2025 admin@2026 adminadmin adminpass adminpassword adm1n adm1n! adm1n123 administrator administrator1
administrator1! administrator123 administrator@123 root root1 root12 root123 root1234 root@123 root@1234 root!123
rootroot r00t toor superuser superuser1 sysadmin sysadmin1 sysadmin123 system system1 system123 system! manager
manager1 manager123 operator operator1 supervisor support support1 support123 support1! support@123 service service1
service123 service1! helpdesk helpdesk1 helpdesk1! guest guest1 guest12 guest123 guest1! guest123! guest@123 user
user1 user12 user123 user1234 user1! user123! user@123 username username1 test test1 test12 test123 test1234 test12345
test1! test12! test123! test1234! test@1 test@12 test@123 test@1234 test#123 test!123 testtest testpass testpass1
testpass1! testpassword testing testing1 testing123 testing1! testing123! tester tester1 tester123 demo demo1 demo123
demo1234 demo1! demo123! demo@123 temp temp1 temp12 temp123 temp1234 temp1! temp123! temp@123 temppass temppass1
temppass1! temppassword temporary temporary1 temporary1! initial initial1 initial1! init1234 start start1 start123
start1! start123! start1234 login login1 login123 login1! login123! login@123 access access1 access14 access123
access1! master master1 master12 master123 master1! master123! master@123 company company1 company1! company123
company123! company@123 office office1 office123 office1! office@123 employee employee1 employee1! business business1
database database1 server server1 server123 oracle oracle1 oracle123 mysql mysql123 postgres postgres1 postgres123
postgresql sqlserver cisco cisco1 cisco123 linux ubuntu ubuntu123 windows windows1 windows10 windows123 microsoft
microsoft1 google google1 google123 facebook facebook1 linkedin linkedin1 twitter youtube amazon amazon1 netflix
netflix1 samsung samsung1 samsung123 apple apple1 apple123 iphone iphone1 internet internet1 computer computer1
computer123 laptop desktop hacker hacker1 hackme security security1 security123 security1! security123! summer summer1
summer12 summer123 summer1! summer123! summer2019 summer2020 summer2021 summer2022 summer2023 summer2024 summer2025
summer2026 summer2019! summer2020! summer2021! summer2022! summer2023! summer2024! summer2025! summer2026! summer@2020
summer@2021 summer@2022 summer@2023 summer@2024 summer@2025 summer@2026 winter winter1 winter12 winter123 winter1!
winter123! winter2019 winter2020 winter2021 winter2022 winter2023 winter2024 winter2025 winter2026 winter2019!
winter2020! winter2021! winter2022! winter2023! winter2024! winter2025! winter2026! winter@2020 winter@2021
winter@2022 winter@2023 winter@2024 winter@2025 winter@2026 spring spring1 spring123 spring1! spring2020 spring2021
spring2022 spring2023 spring2024 spring2025 spring2026 spring2020! spring2021! spring2022! spring2023! spring2024!
spring2025! spring2026! spring@2023 spring@2024 spring@2025 spring@2026 autumn autumn1 autumn123 autumn1! autumn2020
autumn2021 autumn2022 autumn2023 autumn2024 autumn2025 autumn2026 autumn2020! autumn2021! autumn2022! autumn2023!
autumn2024! autumn2025! autumn2026! fall2020 fall2021 fall2022 fall2023 fall2024 fall2025 fall2026 fall2020! fall2021!
fall2022! fall2023! fall2024! fall2025! fall2026! january january1 january1! january2024 january2024! january2025!
january2026! february february1 february1! march2024 march2024! march2025! april2024 april2024! april2025! may2024!
june2024! july2024! august1 august1! august2024 august2024! august2025! september september1 september1!
september2024! october october1 october1! october2024! november november1 november1! november2024! december december1
december1! december2024! december2025! monday monday1 monday1! monday123 tuesday wednesday thursday friday friday1
friday1! friday123 saturday sunday sunday1 sunday1! spring! summer! winter! autumn! qwerty! qwerty1! qwerty12!
qwerty123! qwerty1234! qwerty@1 qwerty@12 qwerty@123 qwerty@1234 qwerty#123 qwerty!1 qwerty!123 qwerty123@ qwerty123#
qwerty123$ qwerty!@# qwe123!@# qwe!@#123 qweasd123 qweasd123! qwer1234! qwer!234 qwert1! qwert123! qwertyuiop1
qwertyuiop1! qwertyuiop123 asdf1234! asdf@1234 asdfgh1! asdfgh123! asdfghjkl1 asdfghjkl1! asdf123! zxcvbn1! zxcvbnm1!
zxcvbnm123! zxcv1234 zxcv1234! azerty1! azerty123! 1q2w3e! 1q2w3e4r! 1q2w3e4r5t! 1q2w3e4r@ 1qaz2wsx! 1qaz@wsx!
1qaz@wsx3edc !qaz2wsx3edc !qaz@wsx#edc 1qazxsw2! zaq12wsx! q1w2e3r4! q1w2e3r4t5! abc123! abc1234! abc@123 abc@1234
abc@12345 abc!123 abc#123 abc123!@# abcd1234! abcd@1234 abcd@123 abcd!234 abcde123! abcdef1! abcdef123! a1b2c3d4!
a123456! a1234567! a12345678! aa123456! aa12345678! aa@123456 aa!123456 aa112233! a@123456 a@12345678 a!123456
az123456! 123456a! 123456aa! 123456ab! 12345678a! 123456789a! 123456789! 12345678! 1234567! 123456! 123456@ 123456@a
123@abc 123abc! 123!abc 123qwe 123qwe! 123qwe!@# 123qweasd 123qweasd! 123qweasdzxc 123abc 123asd 123zxc 1234abcd
1234abcd! 1234qwer! 12qwaszx 12qwaszx! 12qw!@qw !@#$%^ !@#$%^& !@#$%^&* !@#$%^&*() !@#$1234 !@#123qwe !@#qwe123
1!2@3#4$ 1@2b3c4d iloveyou iloveyou1 iloveyou2 iloveyou12 iloveyou123 iloveyou! iloveyou1! iloveyou123! iloveu iloveu1
ilovey0u iloveme iloveme1 ilovegod love love1 love12 love123 love1234 lover lover1 loveme loveme1 lovely lovely1
loveyou loveyou1 mylove mylove1 truelove dragon dragon1 dragon12 dragon123 dragon1! dragon123! monkey monkey1 monkey12
monkey123 monkey1! monkey123! football football1 football12 football123 football! football1! football123! baseball
baseball1 baseball12 baseball123 baseball1! basketball basketball1 basketball1! soccer soccer1 soccer12 soccer123
soccer1! hockey hockey1 hockey123 tennis tennis1 golf golfer golfer1 volleyball liverpool liverpool1 liverpool1!
liverpoolfc arsenal arsenal1 arsenal1! chelsea chelsea1 chelsea1! chelseafc manchester manchester1 manutd manutd1
juventus juventus1 barcelona barcelona1 barcelona1! realmadrid realmadrid1 rangers rangers1 celtic celtic1 steelers
steelers1 cowboys cowboys1 yankees yankees1 lakers lakers1 lakers24 redsox eagles eagles1 packers packers1 patriots
raiders jordan jordan1 jordan12 jordan23 jordan123 jordan23! ronaldo ronaldo7 messi messi10 superman superman1
superman12 superman123 superman! superman1! batman batman1 batman12 batman123 batman1! spiderman spiderman1
spiderman1! ironman wolverine starwars starwars1 starwars1! startrek skywalker matrix matrix1 trustno1 trustno1!
whatever whatever1 whatever1! nothing nothing1 forever forever1 freedom freedom1 freedom1! sunshine sunshine1
sunshine12 sunshine123 sunshine! sunshine1! sunshine123! princess princess1 princess12 princess123 princess!
princess1! princess123! angel angel1 angel12 angel123 angels angels1 babygirl babygirl1 babygirl12 babygirl123 baby
baby1 baby123 babyboy babyboy1 butterfly butterfly1 butterfly1! flower flower1 flower12 flower123 flowers flowers1
purple purple1 purple12 purple123 orange orange1 orange12 yellow yellow1 silver silver1 golden golden1 black black1
blackie blackcat diamond diamond1 diamond123 crystal crystal1 shadow shadow1 shadow12 shadow123 shadow1! shadow123!
michael michael1 michael12 michael123 michael1! michelle michelle1 michelle1! jennifer jennifer1 jennifer1! jessica
jessica1 jessica12 jessica1! ashley ashley1 ashley12 ashley1! amanda amanda1 amanda12 daniel daniel1 daniel12
daniel123 daniel1! andrew andrew1 andrew12 andrew123 joshua joshua1 joshua12 matthew matthew1 matthew12 anthony
anthony1 anthony12 anthony123 christopher christopher1 nicholas nicholas1 nicole nicole1 nicole12 nicole123 robert
robert1 robert12 robert123 thomas thomas1 thomas12 thomas123 william william1 william12 charlie charlie1 charlie12
charlie123 charlie1! charlie123! george george1 george12 jasmine jasmine1 jackson jackson1 hunter hunter1 hunter2
hunter12 hunter123 harley harley1 harley12 ginger ginger1 pepper pepper1 pepper12 buster buster1 buster12 maggie
maggie1 maggie12 bailey bailey1 bailey12 cookie cookie1 cookie12 cookie123 chocolate chocolate1 chocolate1! cheese
cheese1 cheese123 banana banana1 banana123 peanut peanut1 coffee coffee1 coffee123 pokemon pokemon1 pokemon12
pokemon123 pokemon1! pikachu naruto naruto1 naruto123 minecraft minecraft1 minecraft1! fortnite fortnite1 roblox
roblox123 killer killer1 killer12 killer123 ninja ninja1 ninja123 gangsta player player1 gamer gamer123 mustang
mustang1 mustang12 ferrari ferrari1 porsche porsche911 mercedes mercedes1 corvette camaro chevy chevy1 toyota honda
honda1 yamaha yamaha1 ducati suzuki london london1 london123 london1! paris paris1 berlin berlin1 madrid dublin
newyork newyork1 newyork1! chicago chicago1 boston boston1 dallas dallas1 texas texas1 florida california california1
canada canada1 canada123 america america1 america1! england england1 england1! scotland ireland ireland1 germany
germany1 deutschland france france1 france123 italia italia1 italy brasil brasil1 brasil123 mexico mexico1 india
india1 india123 india@123 pakistan pakistan1 pakistan123 pakistan@123 australia australia1 africa jesus jesus1 jesus12
jesus123 jesuschrist christ christ1 christian christian1 blessed blessed1 godisgood heaven heaven1 family family1
family123 family1! friends friends1 friend friend1 mother mother1 father father1 mommy mommy1 daddy daddy1 sister
brother grandma loverboy sweety sweetie sweetheart honey honey1 tigger tigger1 tigger12 tiger tiger1 tiger123 tigers
tigers1 lion lion1 wolf wolf1 eagle eagle1 falcon panther phoenix phoenix1 thunder thunder1 lightning hello hello1
hello12 hello123 hello1234 hello! hello1! hello123! hello@123 hellohello helloworld helloworld1 helloworld! goodbye
nopass1 iamgod lucky lucky1 lucky7 lucky13 lucky123 magic magic1 magic123 music music1 music123 guitar guitar1
rockstar rockstar1 metallica metallica1 nirvana nirvana1 slipknot slipknot1 eminem eminem1 blink182 greenday
linkinpark acdc 1234abc ncc1701 ou812 8675309 thx1138 rush2112 007007 007bond jamesbond bond007 agent007 m12345
j38ifubn g_czechout x4ivygs3 t34vfrc1991 3rjs1la7qe 18atcskd2w yuantuo2012 woaini woaini1314 woaini520 5201314 1314520
a5201314 nihao123 marina nathan vanessa victoria victoria1 samantha samantha1 elizabeth elizabeth1 stephanie
stephanie1 danielle danielle1 heather heather1 hannah hannah1 brandon brandon1 justin justin1 justin12 justinbieber
tyler tyler1 taylor taylor1 taylor12 alexander alexander1 alexis alexandra patrick patrick1 richard richard1 joseph
joseph1 james james1 james123 john john123 david david1 david123 maria maria1 maria123 carlos carlos1 carlos123
alejandro sebastian gabriel gabriel1 angelo mohamed mohamed1 mohammed muhammad ahmed123 fatima ali123 krishna krishna1
krishna123 ganesh ganesh123 sairam sairam123 omsairam bismillah alhamdulillah
"""


@cache
def common_passwords() -> frozenset[str]:
    """The passwords that nobody may have, casefolded."""
    return frozenset(_WORDS.split())
