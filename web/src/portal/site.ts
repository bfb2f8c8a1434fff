/** Names, numbers and addresses that several pages show. */
export const SITE = "上海民防一体化平台";
export const OWNER = "上海市国防动员办公室（上海市民防办公室）";
export const PHONE = "021-2408 0000";
export const HOURS = "工作日 9:00–11:30，13:30–17:00";

/** Sections of the site in their fixed order. */
export const NAVIGATION = [
  { text: "首页", to: "/", section: "home" },
  { text: "办事", to: "/matters", section: "matters" },
  { text: "查询", to: "/query", section: "query" },
  { text: "公开", to: "/open", section: "open" },
  { text: "科普与掩蔽点", to: "/shelters", section: "shelters" },
] as const;

/** Every public page: the sitemap lists them, the search finds them. */
export const PUBLIC_PAGES: ReadonlyArray<{ to: string; title: string; section: string; words: string }> = [
  { to: "/", title: "首页", section: "首页", words: "门户 主页 我的办件" },
  { to: "/matters", title: "事项清单", section: "办事", words: "办事指南 十个事项 审批 备案 申请" },
  { to: "/cases", title: "我的办件", section: "办事", words: "进度 草稿 补正 下载 评价" },
  { to: "/query", title: "查询服务", section: "查询", words: "办件进度 查询 核验" },
  { to: "/verify", title: "批文与证书核验", section: "查询", words: "真伪 二维码 验证码 证书编号 核验 印章" },
  { to: "/tools/required-area", title: "应建面积试算", section: "查询", words: "应建面积怎么算 计容 比例 附表1 1000 易地" },
  { to: "/open", title: "公开信息", section: "公开", words: "通知公告 法规 文号 依据" },
  { to: "/open/site", title: "演示站点说明", section: "公开", words: "演示环境 虚构 数据" },
  { to: "/open/area-rule", title: "应建面积的计算口径", section: "公开", words: "沪国动规 2025 4号 附表1 附表2 比例 豁免" },
  { to: "/open/time-limits", title: "办理时限的计算口径", section: "公开", words: "承诺时限 法定时限 补正 停钟 工作日" },
  { to: "/shelters", title: "科普与掩蔽点", section: "科普与掩蔽点", words: "附近掩蔽点 警报 疏散" },
  { to: "/help/accessibility", title: "无障碍说明", section: "帮助", words: "读屏 字号 对比度 长辈版" },
  { to: "/help/keyboard", title: "键盘操作", section: "帮助", words: "快捷键 键盘 Tab Esc" },
  { to: "/help/stuck", title: "办不成事怎么办", section: "帮助", words: "反映 意见反馈 窗口 电话 12345" },
  { to: "/sitemap", title: "网站地图", section: "帮助", words: "全部页面" },
  { to: "/sign-in", title: "登录", section: "办事", words: "一网通办 实名 登录 演示账号" },
];
