"""Twins of other families' scenarios over IPv6: the same traffic and the same truth, other addresses."""
from families import (call, dtlssrtp, federation, message, mtls, resumption, srtp, streams, trapezoid, trunk, turn, web,
                      wireguard, xmpp)
from twins import add_twin

# whose scenarios are twinned: they must be declared first
ORIGINALS = (call, dtlssrtp, federation, message, mtls, resumption, srtp, streams, trapezoid, trunk, turn, web,
             wireguard, xmpp)

for NAME in ("call/register_tcp_digest", "call/tls12_sdes", "call/udp_dtls", "trapezoid/hop_udp_sdes",
             "mtls/tls12_mutual", "mtls/tls12_not_requested", "mtls/tls12_server_wrong_name", "mtls/tls13_mutual",
             "mtls/tls13_not_requested", "mtls/tls13_empty", "resumption/ticket_mutual", "resumption/psk_orphan_mutual",
             "federation/tls12_back_untrusted", "srtp/sdes_readable", "srtp/savp_but_clear", "srtp/tls_aes128_80",
             "dtlssrtp/aes128_80", "dtlssrtp/null_80", "media/exact_clear", "media/exact_aes256_80",
             "media/exact_one_side_null", "turn/udp_channel_rtp", "turn/udp_channel_srtp", "turn/tcp_channel_rtp",
             "trunk/private_clear_udp", "trunk/public_tls12_mutual_srtp", "message/udp_fragmented",
             "web/address_book_http", "web/address_book_tls12", "web/address_book_tls13",
             "web/address_book_http3", "xmpp/clear", "xmpp/servers_clear", "xmpp/servers_starttls",
             "wireguard/trunk_call"):
    add_twin(NAME)
