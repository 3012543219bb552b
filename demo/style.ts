/** The look of the simulated HIS: dense and calm, like the systems GPs work in all day. */
export const style = `
*{box-sizing:border-box}
html{font:14px/1.4 "Segoe UI",Arial,"Liberation Sans",sans-serif;color:#1d2a33;background:#eef1f3}
body{margin:0}
a{color:#0b5a7a}
h1{font-size:17px;margin:0 0 10px}
h2{font-size:12px;text-transform:uppercase;letter-spacing:.04em;color:#4a5b66;margin:0;padding:7px 10px;
  border-bottom:1px solid #d3dbe0;background:#f6f8f9}
p{margin:0 0 8px}
.bar{display:flex;gap:18px;align-items:center;background:#1f4457;color:#fff;padding:0 14px;min-height:40px}
.bar a{color:#fff;text-decoration:none;padding:10px 8px;display:inline-block}
.bar a:hover{background:#2b5a72}
.brand{font-weight:600}
.where{color:#c9dbe4}
.bar .demo{margin-left:auto}
.count{background:#f4c542;color:#1d2a33;border-radius:9px;padding:0 7px;font-size:12px}
main{padding:14px;max-width:1400px}
.card{background:#fff;border:1px solid #d3dbe0;border-radius:3px;margin:0 0 12px}
.card>.in{padding:10px}
.narrow{max-width:760px}
.cols{display:grid;grid-template-columns:minmax(300px,420px) minmax(0,1fr);gap:12px;align-items:start}
@media (max-width:860px){.cols{grid-template-columns:minmax(0,1fr)}.bar{flex-wrap:wrap;gap:4px}}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:5px 10px;border-bottom:1px solid #e6ebee}
th{font-weight:600;color:#4a5b66;font-size:12px;white-space:nowrap}
tr:last-child>*{border-bottom:0}
@media (max-width:640px){
  .records thead{display:none}
  .records tr{display:block;padding:5px 0;border-bottom:1px solid #e6ebee}
  .records td{display:block;border:0;padding:1px 10px}
  .inline{flex-wrap:wrap}
}
thead tr:last-child>*{border-bottom:1px solid #e6ebee}
td.code{width:64px}
h2.as-is{text-transform:none;font-size:14px;letter-spacing:0;color:#1d2a33}
tbody th{width:140px}
tbody tr:hover{background:#f3f8fa}
.num{font-variant-numeric:tabular-nums;white-space:nowrap}
.patient{display:flex;flex-wrap:wrap;gap:4px 20px;align-items:baseline;background:#fff;border:1px solid #d3dbe0;
  border-left:4px solid #2f7d95;padding:9px 12px;margin:0 0 12px;border-radius:3px}
.patient b{font-size:17px}
.pair{white-space:nowrap}
.pair span{color:#5b6b75;margin-right:5px}
.acts{display:flex;flex-wrap:wrap;gap:8px;margin:0 0 12px;align-items:center}
button,.button{font:inherit;background:#fff;color:#0b4c66;border:1px solid #7ba3b4;border-radius:3px;padding:6px 14px;
  min-height:32px;cursor:pointer;text-decoration:none;display:inline-block}
button:hover,.button:hover{background:#eaf3f7}
.main{background:#0f6382;color:#fff;border-color:#0f6382;font-weight:600}
.main:hover{background:#0b4c66}
:focus-visible{outline:3px solid #f4a300;outline-offset:1px}
.code{font-family:Consolas,"Liberation Mono",monospace;font-size:13px}
.item{padding:8px 10px;border-bottom:1px solid #e6ebee;border-left:4px solid transparent}
.item:last-child{border-bottom:0}
.item .head{display:flex;gap:10px;flex-wrap:wrap;color:#4a5b66;font-size:13px}
.item .head b{color:#1d2a33}
.item.letter{background:#f0f7f1;border-left-color:#3b8550}
.item.referral{border-left-color:#2f7d95}
.soep{display:grid;grid-template-columns:18px minmax(0,1fr);gap:0 6px;margin:3px 0 0}
.soep dt{font-weight:600;color:#2f7d95}
.soep dd{margin:0}
.soep+div{padding-left:24px}
.muted{color:#5b6b75}
.tag{display:inline-block;border:1px solid #b9c6cd;border-radius:3px;padding:0 6px;font-size:12px;white-space:nowrap}
.tag.ok{background:#e3f2e6;border-color:#8dbd99}
.tag.no{background:#fbe6e3;border-color:#d99a91}
.tag.wait{background:#fdf3d3;border-color:#d9bd62}
.note{border:1px solid #d9bd62;background:#fdf6df;padding:10px 12px;border-radius:3px;margin:0 0 12px}
.stop{border:2px solid #b3261e;background:#fdecea;padding:14px 16px;border-radius:3px;margin:0 0 12px}
.stop li{margin:4px 0}
.promise{border:1px solid #8dbd99;background:#eef8f0;padding:14px 16px;border-radius:3px;margin:0 0 12px;font-size:16px}
.promise .code{white-space:nowrap}
.refused{border:1px solid #d99a91;background:#fdf0ee;padding:12px 16px;border-radius:3px;margin:0 0 12px}
.note>:last-child,.refused>:last-child,.note form:last-child .acts{margin-bottom:0}
.refused .code{overflow-wrap:anywhere}
.refused ul,.stop ul,.note ul,details ul{margin:6px 0;padding-left:20px}
summary{cursor:pointer;padding:4px 0}
form.sheet fieldset{border:0;border-top:1px solid #d3dbe0;margin:0;padding:9px 12px 8px;min-width:0}
form.sheet>fieldset:first-of-type{border-top:0}
.two{display:grid;grid-template-columns:repeat(auto-fit,minmax(300px,1fr))}
.fields+div,.fields+p{margin-top:8px}
form.sheet{max-width:900px}
legend{font-weight:600;padding:0;float:left;width:100%;margin:0 0 6px}
legend+*{clear:both}
label{display:block}
label.line{display:inline-flex;gap:6px;align-items:flex-start;margin:0 18px 4px 0;min-height:24px}
.hint{color:#5b6b75;font-size:13px;margin:0 0 4px}
label>.hint{display:block;margin:0 0 2px}
label+label>.hint{margin-top:8px}
.fields label+label>.hint{margin-top:0}
.inline{display:flex;gap:8px;align-items:center}
.inline select{max-width:260px}
.sr{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
input[type=text],input[type=number],select,textarea{font:inherit;border:1px solid #93a3ad;border-radius:3px;
  padding:5px 7px;width:100%;max-width:860px;background:#fff}
input[type=number]{max-width:110px}
select{width:auto;max-width:100%}
textarea{min-height:58px}
input[type=radio],input[type=checkbox]{width:16px;height:16px;margin:2px 0 0}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(230px,1fr));gap:2px 12px;clear:both}
.fields{display:grid;grid-template-columns:repeat(auto-fit,minmax(240px,1fr));gap:8px 14px;clear:both}
pre.text{white-space:pre-wrap;font:inherit;margin:0}
.dangerous{display:none}
@supports selector(:has(*)){
form.sheet:not(:has(#danger-no:checked)) .rest{display:none}
form.sheet:has(#danger-yes:checked) .dangerous{display:block}
}
`;
