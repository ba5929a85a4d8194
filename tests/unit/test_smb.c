/* tests/unit/test_smb.c: SMB 1 to 3 as Samba 4.17 speaks it, and what its messages were under. */
#include "tests/unit/starttls_play.h"

extern const struct analyzer smb_analyzer;

/* [MS-SMB2] 2.2.3 and 2.2.4: dialects 2.0.2 to 3.1.1; 3.1.1 with AES-128-GCM and AES-GMAC. */
static const char offer[] =
    "000000e4fe534d42400000000000000000001f00000000000000000001000000000000000000000000000000"
    "00000000000000000000000000000000000000000000000024000500010000007f000000d21e6133b264944c"
    "9ff53f6921fa707670000000040000000202100200030203110300000100260000000000010020000100a65f"
    "c34ce0784ac503bbd4fcd52f0fc4c380474f13fac913633ef98f30126615000002000a000000000004000200"
    "010004000300000000000000080008000000000003000200010000000500140000000000310030002e003700"
    "37002e0030002e0031003600";
static const char chosen[] =
    "0000011cfe534d42400000000000000000000100010000000000000001000000000000000000000000000000"
    "0000000000000000000000000000000000000000000000004100010011030300766d00000000000000000000"
    "00000000070000000000800000008000000080002257c0dcf87add01000000000000000080004a00d0000000"
    "604806062b0601050502a03e303ca00e300c060a2b06010401823702020aa32a3028a0261b246e6f745f6465"
    "66696e65645f696e5f5246433431373840706c656173655f69676e6f72650000000000000100260000000000"
    "0100200001001ad2d69a10e0450a0590294836fe7f753a392cd7e626bb550719fe9d3fd65d71000002000400"
    "000000000100020000000000080004000000000001000200";
/* [MS-SMB2] 2.2.6: the session is to be encrypted; 2.2.10: the share demands encryption. */
static const char session[] =
    "00000065fe534d42400001000000000001000020190000000000000003000000000000000000000000000000"
    "1bdc38d1000000002e029493f8da5dec6097050a3dbc7c890900040048001d00a11b3019a0030a0100a31204"
    "10010000009e4d9510588524f400000000";
static const char tree[] =
    "00000050fe534d424000010000000000030001001900000000000000070000000000000000000000cb07f331"
    "26c527e40000000014fa7d0eb339a3348328de9cc6723a7b100001000080000000000000ff011f00";
/* [MS-SMB2] 2.2.41 */
static const char encrypted[] =
    "00000078fd534d42da5772fc906679f1635b1e0013097da20300000000000000171acf470000000044000000"
    "000001001bdc38d1000000007d5212824aa32d2ea01739ca61044e5af93bb776597bd639d598b1ba72c5da0f"
    "11264cb25e4d01fc2d28acd8c2a5e2c94ffad4f6eef8e52d63e07c8edd7418f27b413d47";
/* [MS-SMB2] 2.2.31: FSCTL_DFS_GET_REFERRALS, and its refusal. */
static const char referral[] =
    "000000a2fe534d4240000100000000000b0001001000000000000000050000000000000000000000d5a00237"
    "26c527e400000000000000000000000000000000000000003900000094010600ffffffffffffffffffffffff"
    "ffffffff780000002a000000000000007800000000000000ffff0000010000000000000003005c0031003000"
    "2e00370037002e0030002e00310036005c007200650070006c006900630061000000";
static const char refused[] =
    "00000049fe534d4240000100250200c00b0001001100000000000000050000000000000000000000d5a00237"
    "26c527e40000000000000000000000000000000000000000090000000000000000";
/* [MS-SMB2] 2.2.13: CREATE, signed. */
static const char create[] =
    "0000008cfe534d42400001000000000005000100180000000000000008000000000000000000000091ba3745"
    "ac7a549200000000fb006e2f77d3456f514668bc0fc14a783900000002000000000000000000000000000000"
    "000000009f0112000000000003000000050000004000000078001400000000000000000063006f006e006600"
    "690067002e0078006d006c00";
/* [MS-CIFS] 2.2.4.52: LANMAN 1.0 and NT LM 0.12, of which the latter is taken. */
static const char offer_1[] =
    "0000003eff534d4272000000001843c80000000000000000000000000000feff00000000001b00024e54204c"
    "414e4d414e20312e3000024e54204c4d20302e313200";
static const char chosen_1[] =
    "0000009fff534d4272000000008843c80000000000000000000000000000feff000000001100000332000100"
    "044100000000010081430000fdf380806db62be1f87add010000005a00766d00000000000000000000000000"
    "00604806062b0601050502a03e303ca00e300c060a2b06010401823702020aa32a3028a0261b246e6f745f64"
    "6566696e65645f696e5f5246433431373840706c656173655f69676e6f7265";
/* [MS-CIFS] 2.2.4.43: WRITE_ANDX. */
static const char write_1[] =
    "0000007eff534d422f000000001843c80000000000000000000000001345734331f708000eff000000e38e00"
    "000000000000000000000000003e004000000000003f00003c636f6e6669673e546865206d65726765722069"
    "73207369676e6564206f6e204672696461792c2074656c6c206e6f626f64792e3c2f636f6e6669673e0a";

/* A message of SMB 2 of this command and flags, with a body of zeros. */
#define MESSAGE(command, flags)                                                                    \
    "00000048"                                                                                     \
    "fe534d42400000000000000"                                                                      \
    "0" command "000100" flags "000000"                                                            \
    "00000000"                                                                                     \
    "0000000000000000"                                                                             \
    "0000000000000000"                                                                             \
    "0000000000000000"                                                                             \
    "00000000000000000000000000000000"                                                             \
    "0000000000000000"

static struct seen_flow played(const struct say *says)
{
    struct seen_flow flow = seen_open(&smb_analyzer);
    say_all(&flow, says);
    return flow;
}

static void what_was_negotiated_is_told(void)
{
    static const struct say says[] = { { C, offer }, { S, chosen }, { S, session }, { 0, NULL } };
    for (unsigned slowly = 0; slowly < 2; slowly++) {
        struct seen_flow flow = seen_open(&smb_analyzer);
        (slowly ? say_one_by_one : say_all)(&flow, says);
        CHECK(seen_text(OBS_APP, "smb"));
        CHECK_EQ(seen_value(OBS_CLIENT), C);
        CHECK_EQ(seen_times(OBS_SMB_OFFER), 5);
        CHECK(seen_text(OBS_SMB_DIALECT, "3.1.1"));
        CHECK(seen_text(OBS_SMB_CLIENT_SIGNING, "enabled"));
        CHECK(seen_text(OBS_SMB_SERVER_SIGNING, "enabled"));
        CHECK(seen_text(OBS_SMB_CIPHER, "AES-128-GCM"));
        CHECK(seen_text(OBS_SMB_SIGNING_ALGORITHM, "AES-GMAC"));
        CHECK(seen_text(OBS_SMB_SESSION, "encrypt"));
        CHECK_EQ(flow.last, FEED_MORE);
        seen_close(&flow);
        CHECK_EQ(seen_times(OBS_SMB_CLEAR) + seen_times(OBS_SMB_ENCRYPTED), 0);
        CHECK_EQ(seen_times(OBS_MALFORMED), 0);
    }
}

static void messages_are_counted_by_what_they_are_under(void)
{
    static const struct say says[] = {
        { C, encrypted }, { C, create }, { S, encrypted }, { C, MESSAGE("08", "00") }, { 0, NULL }
    };
    struct seen_flow flow = played(says);
    CHECK_EQ(seen_value(OBS_SMB_ENCRYPTED), 1); /* at once: an open flow has them */
    CHECK_EQ(seen_value(OBS_SMB_CLEAR), 1);
    seen_close(&flow);
    CHECK_EQ(seen_nth(OBS_SMB_ENCRYPTED, 1)->obs.value, 2);
    CHECK_EQ(seen_nth(OBS_SMB_CLEAR, 1)->obs.value, 2);
    CHECK_EQ(seen_value(OBS_SMB_SIGNED), 1);
}

/* What comes before a share is used, errors, and who asks where a share is. */
static void what_is_of_nobodys_files_is_not_clear(void)
{
    static const struct say says[] = { { C, offer },    { S, chosen },  { S, tree },
                                       { C, referral }, { S, refused }, { C, MESSAGE("0d", "00") },
                                       { 0, NULL } };
    struct seen_flow flow = played(says);
    seen_close(&flow);
    CHECK_EQ(seen_times(OBS_SMB_CLEAR), 0);
    CHECK_EQ(seen_value(OBS_SMB_SHARE_ENCRYPT), 1);
}

static void version_1_is_told(void)
{
    static const struct say says[] = {
        { C, offer_1 }, { S, chosen_1 }, { C, write_1 }, { 0, NULL }
    };
    struct seen_flow flow = played(says);
    CHECK(seen_text(OBS_SMB_DIALECT, "1.0"));
    CHECK(seen_text(OBS_SMB_SERVER_SIGNING, "no"));
    seen_close(&flow);
    CHECK_EQ(seen_nth(OBS_SMB_CLEAR, 1)->obs.value, 1);
    CHECK_EQ(seen_value(OBS_SMB_SIGNED), 0);
    CHECK_EQ(seen_times(OBS_CREDENTIALS_EXPOSED), 0);
}

/* [MS-CIFS] 2.2.4.52.2, SecurityMode without bit 1: passwords are to be sent as they are. */
static const struct say plain_login[] = { { C, offer_1 },
                                          { S, "00000045"
                                               "ff534d42"
                                               "72"
                                               "00000000"
                                               "88"
                                               "4100"
                                               "0000"
                                               "0000000000000000"
                                               "0000"
                                               "ffff"
                                               "feff"
                                               "0000"
                                               "0000"
                                               "11"
                                               "0000"
                                               "01"
                                               "3200"
                                               "0100"
                                               "04410000"
                                               "00000100"
                                               "00000000"
                                               "00000000"
                                               "0000000000000000"
                                               "0000"
                                               "00"
                                               "0000" },
                                          { C, "00000051"
                                               "ff534d42"
                                               "73"
                                               "00000000"
                                               "18"
                                               "0100"
                                               "0000"
                                               "0000000000000000"
                                               "0000"
                                               "ffff"
                                               "feff"
                                               "0000"
                                               "0000"
                                               "0d"
                                               "ff000000"
                                               "0044"
                                               "0200"
                                               "0100"
                                               "00000000"
                                               "0700"
                                               "0000"
                                               "00000000"
                                               "54000000"
                                               "1400"
                                               "73656372657400"
                                               "616c69636500"
                                               "00"
                                               "000000000000" },
                                          { 0, NULL } };

static void a_password_in_clear_is_told_and_not_shown(void)
{
    struct seen_flow flow = played(plain_login);
    CHECK(seen_text(OBS_CREDENTIALS_EXPOSED, "password"));
    CHECK(!seen_anywhere("secret"));
    seen_close(&flow);
}

static void after_a_hole_it_goes_on_where_a_message_begins(void)
{
    struct seen_flow flow = seen_open(&smb_analyzer);
    say_one(&flow, C, offer);
    seen_gap(&flow, C, 100);
    say_one(&flow, C, "112233445566778899");
    say_one(&flow, C, create);
    seen_close(&flow);
    CHECK_EQ(seen_nth(OBS_SMB_CLEAR, 1)->obs.value, 1);
}

static void long_messages_are_stepped_over(void)
{
    uint8_t zeros[1000] = { 0 };
    struct seen_flow flow = seen_open(&smb_analyzer);
    say_one(&flow, C, "00007558fe534d4240000000000000000800010000000000000000000000000000000000");
    for (unsigned i = 0; i < 30; i++) {
        seen_bytes(&flow, C, zeros, 1000);
        CHECK(i == 0 || flow.kept_size[C] == 0);
    }
    seen_bytes(&flow, C, zeros, 8 + 0x7558 - 32 - 30000 - 8);
    say_one(&flow, C, encrypted);
    seen_close(&flow);
    CHECK_EQ(seen_nth(OBS_SMB_ENCRYPTED, 1)->obs.value, 1);
}

static void only_smb_is_claimed(void)
{
    static const char *const others[] = {
        "00000054ff534d5872",                           /* SMX */
        "00000020fe534d424000",                         /* shorter than its header */
        "00000054fe534d424100",                         /* another size of header */
        "81000044204142434445464748494a4b4c4d4e4f5051", /* Q is no letter of NetBIOS names */
        "474554202f20485454502f312e31",
        "160301",
    };
    CHECK_EQ(say_claim(&smb_analyzer, offer), CLAIM_YES);
    CHECK_EQ(say_claim(&smb_analyzer, encrypted), CLAIM_YES);
    CHECK_EQ(say_claim(&smb_analyzer, offer_1), CLAIM_YES);
    CHECK_EQ(say_claim(&smb_analyzer, "00000054fe53"), CLAIM_MORE);
    CHECK_EQ(say_claim(&smb_analyzer, "8100004420454a4644"), CLAIM_MORE);
    CHECK_EQ(say_claim(&smb_analyzer,
                       "8100004420"
                       "434b464445454546444646434543414341434143414341434143414341434141"
                       "00"),
             CLAIM_YES);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        CHECK_EQ(say_claim(&smb_analyzer, others[i]), CLAIM_NO);
    }
}

static void any_cut_or_flipped_byte_stays_in_bounds(void)
{
    static const struct say says[] = { { C, offer },     { S, chosen }, { S, session },
                                       { C, referral },  { S, tree },   { C, create },
                                       { C, encrypted }, { 0, NULL } };
    static const struct say old[] = {
        { C, offer_1 }, { S, chosen_1 }, { C, write_1 }, { 0, NULL }
    };
    say_spoilt_everywhere(&smb_analyzer, says);
    say_spoilt_everywhere(&smb_analyzer, old);
}

int main(void)
{
    what_was_negotiated_is_told();
    messages_are_counted_by_what_they_are_under();
    what_is_of_nobodys_files_is_not_clear();
    version_1_is_told();
    a_password_in_clear_is_told_and_not_shown();
    after_a_hole_it_goes_on_where_a_message_begins();
    long_messages_are_stepped_over();
    only_smb_is_claimed();
    any_cut_or_flipped_byte_stays_in_bounds();
    return check_failures > 0;
}
